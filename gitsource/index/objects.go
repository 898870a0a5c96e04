package index

import (
	"context"

	"mooring/gitsource/object"
)

// Blob is what is known of a blob: its hash as a compose file, its text as a symbolic link, or both.
type Blob struct {
	// Hash is that of a compose file of these bytes, as hashing.Of writes it; empty until it is known.
	Hash string
	// Large tells that it is larger than MaxComposeFile, and so has no hash.
	Large bool
	// Text is the target of a symbolic link; empty if it is longer than MaxLinkText.
	Text string
	// IsText tells whether Text was read.
	IsText bool
}

// isJudged tells whether it is known if the blob can be served as a compose file, and with which hash.
func (b Blob) isJudged() bool { return b.Hash != "" || b.Large }

// Objects are the objects of the commit of which an Index is built. Methods are called by one goroutine.
type Objects interface {
	// Tree returns the bytes of a tree, which may be read until the next call. It returns fault.ErrAbsent if it does
	// not have the tree; the old Index may have it.
	Tree(ctx context.Context, id object.ID) ([]byte, error)
	// TreeCount is how many trees there are; 0 if that is not known.
	TreeCount() int
	// Blob returns what is known of a blob so far; false for nothing.
	Blob(id object.ID) (Blob, bool)
	// AreAtHand tells whether MakeKnown is cheaper than looking for a blob in an old Index of many thousands.
	AreAtHand() bool
	// MakeKnown makes all the wanted blobs known to Blob. It returns fault.ErrAbsent if it cannot.
	MakeKnown(ctx context.Context, wanted Wanted) error
}

// Wanted are the ids of blobs that are to be made known.
type Wanted struct {
	// Of Files the hashes are wanted, of Links the targets.
	Files, Links map[object.ID]struct{}
}

// newWanted returns an empty set with memory for that many files.
func newWanted(files int) Wanted {
	return Wanted{Files: make(map[object.ID]struct{}, files), Links: map[object.ID]struct{}{}}
}

func (w Wanted) isEmpty() bool { return len(w.Files) == 0 && len(w.Links) == 0 }

// IDs returns each id once, in no particular order.
func (w Wanted) IDs() []object.ID {
	ids := make([]object.ID, 0, len(w.Files)+len(w.Links))
	for id := range w.Files {
		ids = append(ids, id)
	}
	for id := range w.Links {
		if _, too := w.Files[id]; !too {
			ids = append(ids, id)
		}
	}
	return ids
}

package index

import (
	"context"

	"mooring/gitsource/object"
)

// Blob is what is known of a blob. A compose file has a hash unless it is too large, a symbolic link has a text.
type Blob struct {
	Hash string
	// Large: beyond MaxComposeFile, so there is no hash.
	Large bool
	// Text is the target of a symbolic link; empty when it is longer than any target can be.
	Text string
	// IsText tells that text was read.
	IsText bool
}

// isJudged tells whether it is known what the blob is worth as a compose file. The same bytes may be a link's text.
func (b Blob) isJudged() bool { return b.Hash != "" || b.Large }

// Objects gives a builder what a commit is made of.
type Objects interface {
	// Tree returns the bytes of a tree, which the caller may read until its next call; fault.ErrAbsent where it is not at hand.
	Tree(ctx context.Context, id object.ID) ([]byte, error)
	// TreeCount is how many trees are at hand; 0 where they are not counted.
	TreeCount() int
	// Blob returns what is known of a blob so far.
	Blob(id object.ID) (Blob, bool)
	// AreAtHand tells whether making a blob known costs less than looking for it in an index of many thousands.
	AreAtHand() bool
	// MakeKnown makes all the wanted blobs known, or fails with fault.ErrAbsent.
	MakeKnown(ctx context.Context, wanted Wanted) error
}

// Wanted are blobs to be made known: the hashes of files, the texts of links.
type Wanted struct {
	Files, Links map[object.ID]struct{}
}

// newWanted returns an empty set with room for so many files.
func newWanted(files int) Wanted {
	return Wanted{Files: make(map[object.ID]struct{}, files), Links: map[object.ID]struct{}{}}
}

func (w Wanted) isEmpty() bool { return len(w.Files) == 0 && len(w.Links) == 0 }

// IDs returns each wanted blob once, in no particular order.
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

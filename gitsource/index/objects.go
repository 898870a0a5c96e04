package index

import (
	"bytes"
	"context"
	"slices"

	"mooring/gitsource/object"
)

// Blob is what is known about a blob: its hash as a compose file, its target as a symbolic link, or both.
type Blob struct {
	// Hash is the hash of the content, as hashing.Of writes it; empty until it is known.
	Hash string
	// Text is the target of a symbolic link; empty if it is longer than MaxLinkText.
	Text string
	// Large tells that the blob is larger than MaxComposeFile. It has no hash then.
	Large bool
	// IsText tells whether Text has been read.
	IsText bool
}

// isJudged tells whether the blob has been read as a compose file: it has a hash, or is too large.
func (b Blob) isJudged() bool { return b.Hash != "" || b.Large }

// Objects gives Build the objects of a commit. One goroutine calls its methods.
type Objects interface {
	// Tree returns the bytes of a tree, which may be read until the next call. It returns fault.ErrAbsent if it does
	// not have the tree; the old Index may have it.
	Tree(ctx context.Context, id object.ID) ([]byte, error)
	// TreeCount is how many trees there are, or 0 if that is not known. It is used only to allot memory.
	TreeCount() int
	// Blob returns what is known about a blob so far; false for nothing.
	Blob(id object.ID) (Blob, bool)
	// AreLocal tells whether LoadBlobs reads from this machine. Then it is cheaper than the search in an old Index of
	// many thousands of directories.
	AreLocal() bool
	// LoadBlobs reads all the wanted blobs, so that Blob knows them. It returns fault.ErrAbsent if it cannot.
	LoadBlobs(ctx context.Context, wanted Wanted) error
}

// Wanted are the ids of the blobs that LoadBlobs must read.
type Wanted struct {
	// Files are blobs whose hashes are wanted, and Links are blobs whose targets are wanted. In each an id is there once.
	Files, Links []object.ID
}

// settle sorts the ids and removes those that are there twice.
func (w *Wanted) settle() {
	for _, ids := range []*[]object.ID{&w.Files, &w.Links} {
		slices.SortFunc(*ids, func(a, b object.ID) int { return bytes.Compare(a[:], b[:]) })
		*ids = slices.Compact(*ids)
	}
}

func (w *Wanted) isEmpty() bool { return len(w.Files) == 0 && len(w.Links) == 0 }

// IDs returns each id once, in no particular order. The caller must not change them.
func (w *Wanted) IDs() []object.ID {
	if len(w.Links) == 0 {
		return w.Files
	}
	all := Wanted{Files: slices.Concat(w.Files, w.Links)}
	all.settle()
	return all.Files
}

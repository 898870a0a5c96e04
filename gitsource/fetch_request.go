package gitsource

import (
	"errors"

	"github.com/go-git/go-git/v5/plumbing"
)

// fetchRequest is what is asked of a Git host (gitprotocol-pack, gitprotocol-v2).
type fetchRequest struct {
	// wants are commits, or single objects that were left out before.
	wants []plumbing.Hash
	// have is a commit whose objects need not be sent; zero for none.
	have plumbing.Hash
	// shallow leaves out the history: depth 1. A host that cannot sends the history.
	shallow bool
	// filter leaves out blobs, as in "blob:none" or "blob:limit=65536"; empty for none. A host that cannot sends them.
	filter string
}

var (
	// errNoCommonCommit: the host does not acknowledge the commit that a request has. It would send the whole history.
	errNoCommonCommit = errors.New("the host does not know the commit that was read before")
	// errNotACommit: the tracked ref or id names an object of another kind.
	errNotACommit = errors.New("it names a tree, a blob or a tag, not a commit")
)

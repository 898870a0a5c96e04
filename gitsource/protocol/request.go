package protocol

import (
	"errors"

	"mooring/gitsource/object"
)

// Request is what is asked of a Git host (gitprotocol-pack, gitprotocol-v2).
type Request struct {
	// Wants are commits, or single objects that were left out before.
	Wants []object.ID
	// Have is a commit whose objects need not be sent; zero for none.
	Have object.ID
	// Shallow leaves out the history: depth 1. A host that cannot sends the history.
	Shallow bool
	// Filter leaves out blobs, as in "blob:none" or "blob:limit=65536"; empty for none. A host that cannot sends them.
	Filter string
}

// ErrNoCommonCommit: the host does not acknowledge the commit that a request has. It would send the whole history.
var ErrNoCommonCommit = errors.New("the host does not know the commit that was read before")

package gitsource

import (
	"errors"
)

// fetchRequest is what is asked of a Git host (gitprotocol-pack, gitprotocol-v2).
type fetchRequest struct {
	// wants are commits, or single objects that were left out before.
	wants []objectID
	// have is a commit whose objects need not be sent; zero for none.
	have objectID
	// shallow leaves out the history: depth 1. A host that cannot sends the history.
	shallow bool
	// filter leaves out blobs, as in "blob:none" or "blob:limit=65536"; empty for none. A host that cannot sends them.
	filter string
}

// errNoCommonCommit: the host does not acknowledge the commit that a request has. It would send the whole history.
var errNoCommonCommit = errors.New("the host does not know the commit that was read before")

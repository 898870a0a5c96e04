package protocol

import (
	"errors"

	"mooring/gitsource/object"
)

// Request is what is asked of a Git host (gitprotocol-pack, gitprotocol-v2).
type Request struct {
	// Wants are the ids of commits, or of single objects that were left out before.
	Wants []object.ID
	// Have is a commit whose objects need not be sent; zero for none.
	Have object.ID
	// Shallow asks to leave out the history (depth 1). A host that cannot do that sends it.
	Shallow bool
	// Filter asks to leave out blobs, as in "blob:none" or "blob:limit=65536" (git-rev-list, --filter); empty for none.
	// A host that cannot do that sends them.
	Filter string
}

// ErrNoCommonCommit means that the host does not know the commit that a Request has. It would send the whole history.
var ErrNoCommonCommit = errors.New("the host does not know the commit that was read before")

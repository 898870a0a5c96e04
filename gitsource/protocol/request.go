package protocol

import (
	"errors"

	"mooring/gitsource/object"
)

// Request asks a Git host for objects (gitprotocol-pack, gitprotocol-v2).
type Request struct {
	// Wants are the ids of commits, or of single objects that an earlier answer left out.
	Wants []object.ID
	// Have is a commit whose objects the client has; zero for none.
	Have object.ID
	// Shallow asks to leave out the history (depth 1). A host that cannot do that sends the history.
	Shallow bool
	// Filter asks to leave out blobs, as in "blob:none" or "blob:limit=65536" (git-rev-list, --filter); empty for none.
	// A host that cannot do that sends them.
	Filter string
}

// ErrNoCommonCommit means that the host does not know the commit in Request.Have, and would send the whole history, or
// that it does not take such a request.
var ErrNoCommonCommit = errors.New("the host does not know the commit that was read before")

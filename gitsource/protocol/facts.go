package protocol

import "mooring/gitsource/object"

// Facts are what one session learned about its host for the next one. They are an immutable value. The caller keeps
// them, and nothing else is kept between sessions. The zero value knows nothing. A fact that is no longer true costs a
// request and never leads to a wrong result.
type Facts struct {
	// Version is the version that the host speaks.
	Version Version
	// Filter tells whether the host can leave out blobs, and Shallow whether it can leave out history.
	Filter, Shallow bool
	// Format is the format of the ids. A host that names none has object.SHA1.
	Format object.Format
	// Moved tells whether the address in GIT_URL redirects. Each session asks that address again, because the redirect
	// may have changed.
	Moved bool
	// Silent tells that the host has not answered a request without a greeting before it. Each session greets it.
	Silent bool
}

// Version is a version of Git's wire protocol (gitprotocol-v2, gitprotocol-pack).
type Version uint8

const (
	// Unknown is the version of a host that was not asked yet.
	Unknown Version = iota
	// V0 is the version in which a host's greeting lists all refs and what the host can do.
	V0
	// V2 is the version in which a host takes the commands ls-refs and fetch.
	V2
)

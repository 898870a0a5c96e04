package protocol

// Facts are what one session learned of its host for the next one. They are an immutable value that the caller keeps,
// so that nothing else is kept between sessions. The zero value knows nothing. A fact that is no longer true costs a
// request and never leads to a wrong result.
type Facts struct {
	// Version is the version that the host speaks.
	Version Version
	// Filter tells whether the host can leave out blobs, Shallow whether it can leave out history.
	Filter, Shallow bool
	// Moved tells whether the address that GIT_URL names redirects. Where it leads is asked each time, because another
	// repository may have taken that address.
	Moved bool
}

// Version is a version of Git's wire protocol (gitprotocol-v2, gitprotocol-pack).
type Version uint8

const (
	// Unknown is the version of a host that was not asked yet.
	Unknown Version = iota
	// V0 is the version in which a host lists all refs at once and says first what it can do.
	V0
	// V2 is the version in which a host takes commands: ls-refs and fetch.
	V2
)

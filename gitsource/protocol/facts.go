package protocol

// Facts is what one session learned of its host for the next one: an immutable value that the index carries, so
// that a remote keeps nothing between sessions. The zero value knows nothing. A fact that is no longer true costs
// requests, never a wrong answer.
type Facts struct {
	// Version is the version that the host speaks.
	Version Version
	// Filter and shallow are abilities of the host: to leave out blobs, to leave out history.
	Filter, Shallow bool
	// Moved: the address that GIT_URL names redirects. Where to is asked each time: another repository may stand at
	// GIT_URL by now, while the one that it led to is still there.
	Moved bool
}

// Version is a version of Git's wire protocol (gitprotocol-v2, gitprotocol-pack).
type Version uint8

const (
	Unknown Version = iota
	// V0 lists all refs at once, and says first what the host can do.
	V0
	// V2 takes commands: ls-refs, fetch.
	V2
)

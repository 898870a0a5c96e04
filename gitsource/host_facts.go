package gitsource

// hostFacts is what one session learned of its host for the next one: an immutable value that the index carries, so
// that a remote keeps nothing between sessions. The zero value knows nothing. A fact that is no longer true costs
// requests, never a wrong answer.
type hostFacts struct {
	// protocol is the version that the host speaks.
	protocol protocolVersion
	// filter and shallow are abilities of the host: to leave out blobs, to leave out history.
	filter, shallow bool
	// moved: the address that GIT_URL names redirects. Where to is asked each time: another repository may stand at
	// GIT_URL by now, while the one that it led to is still there.
	moved bool
}

// protocolVersion is a version of Git's wire protocol (gitprotocol-v2, gitprotocol-pack).
type protocolVersion uint8

const (
	protocolUnknown protocolVersion = iota
	// protocolV0 lists all refs at once, and says first what the host can do.
	protocolV0
	// protocolV2 takes commands: ls-refs, fetch.
	protocolV2
)

package gitsource

// hostFacts is what one session learned of its host for the next one: an immutable value that the index carries, so
// that a remote keeps nothing between sessions. The zero value knows nothing. A fact that is no longer true costs
// requests, never a wrong answer.
type hostFacts struct {
	// protocol is the version that the host speaks.
	protocol protocolVersion
	// filter and shallow are abilities of the host: to leave out blobs, to leave out history.
	filter, shallow bool
	// base is the address that requests go to, without credentials; it differs from GIT_URL after a redirect.
	base string
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

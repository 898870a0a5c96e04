package protocol

import (
	"context"
	"io"
)

// Service is the service of a Git host that is asked: it lists refs and makes packs (git-upload-pack).
const Service = "git-upload-pack"

// Wire carries requests to a Git host and its answers back. It belongs to one session.
type Wire interface {
	// Greet begins a conversation: the answer is the host's greeting, what it can do (gitprotocol-http, section
	// "Discovering References", gitprotocol-v2, "Initial Client Request").
	Greet(ctx context.Context) (Answer, error)
	// Exchange sends one request in the given version of the protocol. The answer before must have ended.
	Exchange(ctx context.Context, version Version, request []byte) (Answer, error)
	// IsReady tells whether a request can be sent without greeting first.
	IsReady() bool
	// IsStateless tells whether every request stands alone; else the one request of version 0 ends the conversation.
	IsStateless() bool
	// HasMoved tells whether the greeting came from another address than the one that GIT_URL names.
	HasMoved() bool
	// Close gives up everything that is open. It may be called more than once.
	Close()
}

// Answer is what a host sends back to one request.
type Answer interface {
	io.Reader
	// End releases the answer; whole tells that it was read to its last packet, so that the connection can be used again.
	End(whole bool)
}

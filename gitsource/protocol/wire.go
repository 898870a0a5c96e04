package protocol

import (
	"context"
	"io"
)

// Service is the program of a Git host that lists refs and makes packs (git-upload-pack).
const Service = "git-upload-pack"

// Wire carries requests to a Git host and brings its answers. It belongs to one Session.
type Wire interface {
	// Greet begins a conversation. The answer is the host's greeting, which says what the host can do
	// (gitprotocol-http, section "Discovering References"; gitprotocol-v2, "Initial Client Request").
	Greet(ctx context.Context) (Answer, error)
	// Exchange sends one request in the given version of the protocol. The answer before it must have ended.
	Exchange(ctx context.Context, version Version, request []byte) (Answer, error)
	// IsReady tells whether a request can be sent without a greeting before it.
	IsReady() bool
	// IsStateless tells whether every request stands alone. If not, a host of version 0 takes one request in a
	// conversation.
	IsStateless() bool
	// HasMoved tells whether the greeting came from another address than the one in GIT_URL.
	HasMoved() bool
	// Close closes everything that is open. It may be called more than once.
	Close()
}

// Answer is what a host sends back to one request. Its errors may be any, of the network above all; a Session makes
// failures of them.
type Answer interface {
	io.Reader
	// End releases the answer. whole tells that it was read to its last packet, so that the connection can be used
	// again.
	End(whole bool)
}

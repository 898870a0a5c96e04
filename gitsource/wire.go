package gitsource

import (
	"context"
	"io"
)

// wire carries requests to a Git host and its answers back. It belongs to one session.
type wire interface {
	// greet begins a conversation: the answer is the host's greeting, what it can do (gitprotocol-http, section
	// "Discovering References", gitprotocol-v2, "Initial Client Request").
	greet(ctx context.Context) (answer, error)
	// exchange sends one request in the given version of the protocol. The answer before must have ended.
	exchange(ctx context.Context, version protocolVersion, request []byte) (answer, error)
	// isReady tells whether a request can be sent without greeting first.
	isReady() bool
	// stateless tells whether every request stands alone; else the one request of version 0 ends the conversation.
	stateless() bool
	// moved tells whether the greeting came from another address than the one that GIT_URL names.
	moved() bool
	// close gives up everything that is open. It may be called more than once.
	close()
}

// answer is what a host sends back to one request.
type answer interface {
	io.Reader
	// end releases the answer; whole tells that it was read to its last packet, so that the connection can be used again.
	end(whole bool)
}

package protocol

import (
	"context"
	"errors"
	"io"
	"syscall"

	"mooring/gitsource/fault"
)

// Service is the program of a Git host that lists refs and makes packs (git-upload-pack).
const Service = "git-upload-pack"

// ErrNoAnswer means that a connection ended before the first byte of an answer, and that a new one may bring it. The host
// may end a connection after each pack, or it may not know the request.
var ErrNoAnswer = errors.New("the Git host closed the connection without an answer")

// IsUnanswered tells whether an error means that a connection was made and ended before a whole answer.
func IsUnanswered(err error) bool {
	return errors.Is(err, ErrNoAnswer) || fault.IsCutShort(err) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE)
}

// Wire carries requests to a Git host and returns its answers. It belongs to one Session.
type Wire interface {
	// Greet returns the host's greeting, which says what the host can do (gitprotocol-http, section "Discovering
	// References"; gitprotocol-v2, "Initial Client Request").
	Greet(ctx context.Context) (Answer, error)
	// Exchange sends one request in the given version of the protocol. The answer before it must have ended. Its error
	// is ErrNoAnswer, wrapped, if the connection of an earlier answer has ended.
	Exchange(ctx context.Context, version Version, request []byte) (Answer, error)
	// IsReady tells whether Exchange may be called without Greet before it.
	IsReady() bool
	// IsStateless tells whether requests are independent of each other, as over HTTP. If not, a host of version 0 takes
	// one request for each greeting.
	IsStateless() bool
	// HasMoved tells whether the greeting came from another address than the one in GIT_URL.
	HasMoved() bool
	// Warning is a sentence for the log about the way to the host; empty if there is nothing to say.
	Warning() string
	// Close closes everything that is open. It may be called more than once.
	Close()
}

// Answer is the host's answer to one request. Its errors may be of any kind, such as those of the network; a Session
// turns them into failures.
type Answer interface {
	io.Reader
	// End releases the answer. whole tells that it was read to its last packet, so that the connection can be used
	// again.
	End(whole bool)
}

package gitsource

import (
	"context"
	"errors"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
)

// remote opens sessions with one Git host: over HTTP, SSH or git://. A repository on a local path is not a remote.
type remote interface {
	// open starts a session and asks the host where the tracked ref is. With the facts of an earlier session that is one
	// small request, and over HTTP it mostly is with none (the zero value); where they are stale or the host is not as
	// is likely, it is asked what it can do. A tracked commit id needs no request at all when the host is known.
	open(ctx context.Context, known hostFacts) (session, error)
}

// session is one conversation with a Git host. It belongs to one goroutine. Its errors are *actors.Failure, save
// errNoCommonCommit; those of the bytes that fetch returns are, too.
type session interface {
	// tip is the commit that the tracked ref named when the session was opened; annotated tags are peeled. It may turn
	// out to be a tree or a blob, which a tag may name: then the refresh fails with errNotACommit.
	tip() plumbing.Hash
	// filters tells whether the host can leave out blobs and send them later by their ids, as far as is known.
	filters() bool
	// facts are what the next session need not ask again.
	facts() hostFacts
	// fetch asks for objects and returns the bytes of the pack that holds them. errNoCommonCommit when the host does not
	// know the commit that the request has. It may be called more than once; the pack of one call is closed before the
	// next, and costs its connection when it was not read to io.EOF.
	fetch(ctx context.Context, request fetchRequest) (io.ReadCloser, error)
	// close ends the session and everything that it holds open.
	close()
}

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

// fetchRequest is what is asked of a Git host (gitprotocol-pack, gitprotocol-v2).
type fetchRequest struct {
	// wants are commits, or single objects that were left out before.
	wants []plumbing.Hash
	// have is a commit whose objects need not be sent; zero for none.
	have plumbing.Hash
	// shallow leaves out the history: depth 1. A host that cannot sends the history.
	shallow bool
	// filter leaves out blobs, as in "blob:none" or "blob:limit=65536"; empty for none. A host that cannot sends them.
	filter string
}

var (
	// errNoCommonCommit: the host does not acknowledge the commit that a request has. It would send the whole history.
	errNoCommonCommit = errors.New("the host does not know the commit that was read before")
	// errNotACommit: the tracked ref or id names an object of another kind.
	errNotACommit = errors.New("it names a tree, a blob or a tag, not a commit")
)

package protocol

import (
	"context"
	"errors"
	"io"
	"slices"

	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
)

// maxListing bounds what a host says in packets before a pack, or without one: a greeting, acknowledgments, a list of
// some 500,000 refs.
const maxListing = 64 << 20

// Session is one conversation with a Git host, in either version of the protocol, over any wire. It belongs to one
// goroutine. Its errors are *actors.Failure, save ErrNoCommonCommit; those of the bytes that fetch returns are, too.
type Session struct {
	ref    location.Ref
	wire   Wire
	redact func(string) string
	// hello is what the host said in this session. Until it is greeted only the facts are set: those of an earlier
	// session, or the likely ones, which are guessed then.
	hello   greeting
	greeted bool
	guessed bool
	// doubted: an answer broke off that was asked for on a guess, so the host is greeted before the next request.
	doubted bool
	// commit is where the tracked ref is.
	commit object.ID
}

// Open starts a session over a wire, which it closes, and asks the host where the tracked ref is. With the facts of an
// earlier session that is one small request, and over HTTP it mostly is without; where they are stale, or the host is
// not as is likely, it is asked what it can do. A tracked commit id needs no request at all when the host is known.
func Open(
	ctx context.Context, over Wire, ref location.Ref, redact func(string) string, known Facts,
) (*Session, error) {
	s := &Session{ref: ref, wire: over, redact: redact}
	if err := s.begin(ctx, known); err != nil {
		s.Close()
		return nil, s.fail(ctx, err)
	}
	return s, nil
}

// Tip is the commit that the tracked ref named when the session was opened; annotated tags are peeled. It may turn out
// to be a tree or a blob, which a tag may name: then the refresh fails with fault.ErrNotACommit.
func (s *Session) Tip() object.ID { return s.commit }

// Filters tells whether the host can leave out blobs and send them later by their ids, as far as is known.
func (s *Session) Filters() bool { return s.hello.facts.Filter }

// Facts are what the next session need not ask again.
func (s *Session) Facts() Facts { return s.hello.facts }

// Close ends the session and everything that it holds open.
func (s *Session) Close() { s.wire.Close() }

// Fetch asks for objects and returns the bytes of the pack that holds them. ErrNoCommonCommit when the host does not know
// the commit that the request has. It may be called more than once; the pack of one call is closed before the next, and
// costs its connection when it was not read to io.EOF. Where the host was not greeted yet and refuses the request, it
// is; and asked again, unless it is as it was taken for.
func (s *Session) Fetch(ctx context.Context, request Request) (io.ReadCloser, error) {
	body, err := s.ask(ctx, request)
	if err != nil && !s.greeted && ctx.Err() == nil && !errors.Is(err, ErrNoCommonCommit) && s.mayBeMistaken(err) {
		guessed, taken := s.guessed, s.hello.facts
		switch greetErr := s.greet(ctx); {
		case greetErr != nil:
			err = greetErr
		case !guessed || s.hello.facts != taken:
			body, err = s.ask(ctx, request)
		}
	}
	if err != nil {
		return nil, s.fail(ctx, s.aboutWants(err, request))
	}
	body.explain = func(err error) error {
		s.doubted = s.guessed
		return s.fail(ctx, err)
	}
	return body, nil
}

// ask sends the request in the host's version, without what the host cannot do.
func (s *Session) ask(ctx context.Context, request Request) (*packBody, error) {
	if !s.wire.IsReady() || s.doubted || s.hello.facts.Version == V0 && !s.greeted {
		if err := s.greet(ctx); err != nil {
			return nil, err
		}
	}
	request.Shallow = request.Shallow && s.hello.facts.Shallow
	if !s.hello.facts.Filter {
		request.Filter = ""
	}
	if s.hello.facts.Version == V2 {
		return fetchV2(ctx, s.wire, request)
	}
	return fetchV0(ctx, s.wire, s.hello, request)
}

// aboutWants reads the host's complaint about a pinned commit: it names the id, in words that differ from host to host.
func (s *Session) aboutWants(err error, request Request) error {
	var said *fault.HostError
	pinned := s.ref.IsPinned() && slices.Contains(request.Wants, s.ref.Commit)
	if pinned && errors.As(err, &said) && said.Mentions(s.ref.Commit.String()) {
		return s.ref.NotFound()
	}
	return err
}

// fail makes the failure that leaves the session: the context's own end before its consequences, and no secret in it.
func (s *Session) fail(ctx context.Context, err error) error {
	if errors.Is(err, ErrNoCommonCommit) {
		return ErrNoCommonCommit
	}
	return fault.Redacted(ctx, err, s.redact)
}

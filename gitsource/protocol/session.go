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

// maxListing is how many bytes a host may send in packets other than a pack: a greeting, acknowledgments, or a list of
// some 500,000 refs.
const maxListing = 64 << 20

// Session is one conversation with a Git host, in either version of the protocol. It belongs to one goroutine. Its
// errors, and those of the bytes that Fetch returns, are *actors.Failure, except for ErrNoCommonCommit.
type Session struct {
	ref    location.Ref
	wire   Wire
	redact func(string) string
	// hello is what the host said in this session. Until the host is greeted only its facts are set: those of an
	// earlier session, or guessed ones.
	hello   greeting
	greeted bool
	guessed bool
	// doubted tells that an answer broke off which was asked for with guessed facts. The host is greeted before the
	// next request.
	doubted bool
	// commit is the tip of the tracked ref.
	commit object.ID
}

// Open starts a session over a wire and asks the host where the tracked ref is. The session owns the wire, and closes
// it if Open fails. redact removes secrets from texts of the host.
//
// learned is what an earlier session learned of the host, or zero. With it, and over HTTP mostly without it, Open takes
// one small request, and none if the tracked ref is a commit id. If the facts turn out wrong the host is asked what it
// can do.
func Open(
	ctx context.Context, over Wire, ref location.Ref, redact func(string) string, learned Facts,
) (*Session, error) {
	s := &Session{ref: ref, wire: over, redact: redact}
	if err := s.begin(ctx, learned); err != nil {
		s.Close()
		return nil, s.fail(ctx, err)
	}
	return s, nil
}

// Tip is the commit that the tracked ref named when the session was opened. A tag may also lead to a tree or a blob,
// which shows only when it is fetched.
func (s *Session) Tip() object.ID { return s.commit }

// Filters tells whether, as far as is known, the host can leave out blobs and send them later by their ids.
func (s *Session) Filters() bool { return s.hello.facts.Filter }

// Facts returns what was learned of the host, for the next session.
func (s *Session) Facts() Facts { return s.hello.facts }

// Close ends the session and closes everything that it holds open.
func (s *Session) Close() { s.wire.Close() }

// Fetch asks for objects and returns the bytes of the pack that holds them. It returns ErrNoCommonCommit if the host
// does not know the commit that the request has. It may be called more than once. The caller closes one pack before it
// fetches the next; a pack that was not read to io.EOF costs its connection.
//
// If a host that was not greeted yet refuses the request, Fetch greets it, and asks again if the host turns out to be
// other than assumed.
func (s *Session) Fetch(ctx context.Context, request Request) (io.ReadCloser, error) {
	body, err := s.ask(ctx, request)
	if err != nil && !s.greeted && ctx.Err() == nil && !errors.Is(err, ErrNoCommonCommit) && s.mayBeMistaken(err) {
		guessed, assumed := s.guessed, s.hello.facts
		switch greetErr := s.greet(ctx); {
		case greetErr != nil:
			err = greetErr
		case !guessed || s.hello.facts != assumed:
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

// ask sends the request in the host's version of the protocol. It leaves out what the host cannot do.
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

// aboutWants finds out whether a host complains that it lacks the pinned commit. Hosts word that differently, but all
// name the id.
func (s *Session) aboutWants(err error, request Request) error {
	var said *fault.HostError
	pinned := s.ref.IsPinned() && slices.Contains(request.Wants, s.ref.Commit)
	if pinned && errors.As(err, &said) && said.Mentions(s.ref.Commit.String()) {
		return s.ref.NotFound()
	}
	return err
}

// fail makes the error that leaves the session, without secrets. If the context has ended, the error says that.
func (s *Session) fail(ctx context.Context, err error) error {
	if errors.Is(err, ErrNoCommonCommit) {
		return ErrNoCommonCommit
	}
	return fault.Redacted(ctx, err, s.redact)
}

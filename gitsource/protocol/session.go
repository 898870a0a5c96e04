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
	// hello is the host's greeting. Until the host is greeted, only the facts in it are set: those of an earlier
	// session, or guessed ones.
	hello   greeting
	greeted bool
	guessed bool
	// doubted tells that a request with guessed facts got an answer that broke off. The host is greeted before the next
	// request.
	doubted bool
	// tip is what the tracked ref leads to.
	tip object.Tip
}

// Open starts a session over a wire and asks the host where the tracked ref is. The session owns the wire, and closes
// it if Open fails. redact removes secrets from texts of the host.
//
// learned are the facts of an earlier session, or zero. With them Open takes one small request, and none if the tracked
// ref is a commit id. Over HTTP one request is mostly enough without them too. If the facts are wrong, Open greets the
// host.
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

// Tip is the commit that the tracked ref named when the session was opened. A tag may also name a tree or a blob; only
// a fetch shows that.
func (s *Session) Tip() object.ID { return s.tip.Commit }

// Named is the object that the tracked ref named: Tip, or an annotated tag that leads to it.
func (s *Session) Named() object.ID { return s.tip.Named }

// Redact removes the secrets of this session from a text of the host.
func (s *Session) Redact(text string) string { return s.redact(text) }

// Filters tells whether the host can leave out blobs and send them later by their ids. The answer may be a guess.
func (s *Session) Filters() bool { return s.hello.facts.Filter }

// Facts returns what was learned about the host, for the next session.
func (s *Session) Facts() Facts { return s.hello.facts }

// Warning is a sentence for the log about the way to the host; empty if there is nothing to say.
func (s *Session) Warning() string { return s.wire.Warning() }

// Close ends the session and closes everything that it holds open.
func (s *Session) Close() { s.wire.Close() }

// Fetch asks for objects and returns the bytes of the pack with them. It returns ErrNoCommonCommit if the host does not
// know the commit in request.Have. It may be called more than once. The caller closes one pack before it fetches the
// next; closing a pack that was not read to io.EOF also closes its connection.
//
// If the host refuses the request and was not greeted yet, Fetch greets it. If its facts differ from the assumed ones,
// Fetch sends the request again.
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
	needsGreeting := s.hello.facts.Version == V0 || s.hello.facts.Silent
	if !s.wire.IsReady() || s.doubted || needsGreeting && !s.greeted {
		if err := s.greet(ctx); err != nil {
			return nil, err
		}
	}
	request.Shallow = request.Shallow && s.hello.facts.Shallow
	if !s.hello.facts.Filter {
		request.Filter = ""
	}
	if s.hello.facts.Version == V2 {
		return s.fetchV2(ctx, request)
	}
	return s.fetchV0(ctx, request)
}

// exchange sends a request of version 2 or 0. Some hosts end a stream after one answer. Then it greets the host once
// more over a new stream, and sends the request again.
func (s *Session) exchange(ctx context.Context, version Version, request []byte) (Answer, error) {
	answer, err := s.wire.Exchange(ctx, version, request)
	if s.wire.IsStateless() || ctx.Err() != nil || !errors.Is(err, ErrNoAnswer) {
		return answer, err
	}
	if err := s.greet(ctx); err != nil {
		return nil, err
	}
	if s.hello.facts.Version != version {
		return nil, fault.Malformed("the host speaks another version of Git's protocol than before")
	}
	return s.wire.Exchange(ctx, version, request)
}

// aboutWants turns a host's complaint about the pinned commit into a failure of GIT_REF. The sentences of hosts differ,
// but all contain the id. go-git 6 only ends the stream.
func (s *Session) aboutWants(err error, request Request) error {
	var said *fault.HostError
	pinned := s.ref.IsPinned() && slices.Contains(request.Wants, s.ref.Commit)
	complained := errors.As(err, &said) && said.Mentions(s.ref.Commit.String())
	if pinned && (complained || !s.wire.IsStateless() && IsUnanswered(err)) {
		return s.ref.NotFound()
	}
	return err
}

// fail turns an error into the one that the session returns, without secrets. If the context has ended, the error says
// that.
func (s *Session) fail(ctx context.Context, err error) error {
	if errors.Is(err, ErrNoCommonCommit) {
		return ErrNoCommonCommit
	}
	return fault.Redacted(ctx, err, s.redact)
}

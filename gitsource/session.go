package gitsource

import (
	"context"
	"errors"
	"io"
	"slices"

	"mooring/actors"
)

// session is one conversation with a Git host, in either version of the protocol, over any wire. It belongs to one
// goroutine. Its errors are *actors.Failure, save errNoCommonCommit; those of the bytes that fetch returns are, too.
type session struct {
	ref    trackedRef
	wire   wire
	redact func(string) string
	// hello is what the host said in this session. Until it is greeted only the facts are set: those of an earlier
	// session, or the likely ones, which are guessed then.
	hello   greeting
	greeted bool
	guessed bool
	// doubted: an answer broke off that was asked for on a guess, so the host is greeted before the next request.
	doubted bool
	// commit is where the tracked ref is.
	commit objectID
}

// startSession starts a session over a wire, which it closes, and asks the host where the tracked ref is. With the facts of an
// earlier session that is one small request, and over HTTP it mostly is without; where they are stale, or the host is
// not as is likely, it is asked what it can do. A tracked commit id needs no request at all when the host is known.
func startSession(
	ctx context.Context, over wire, ref trackedRef, redact func(string) string, known hostFacts,
) (*session, error) {
	s := &session{ref: ref, wire: over, redact: redact}
	if err := s.begin(ctx, known); err != nil {
		s.close()
		return nil, s.fail(ctx, err)
	}
	return s, nil
}

// tip is the commit that the tracked ref named when the session was opened; annotated tags are peeled. It may turn out
// to be a tree or a blob, which a tag may name: then the refresh fails with errNotACommit.
func (s *session) tip() objectID { return s.commit }

// filters tells whether the host can leave out blobs and send them later by their ids, as far as is known.
func (s *session) filters() bool { return s.hello.facts.filter }

// facts are what the next session need not ask again.
func (s *session) facts() hostFacts { return s.hello.facts }

// close ends the session and everything that it holds open.
func (s *session) close() { s.wire.close() }

// begin finds the tip. Facts that turn out stale, or were only guessed, are forgotten, and the host is greeted.
func (s *session) begin(ctx context.Context, known hostFacts) error {
	isKnown := known.protocol != protocolUnknown
	switch {
	case s.ref.isPinned() && isKnown && !known.moved:
		s.hello.facts, s.commit = known, s.ref.commit
		return nil
	case s.ref.isPinned(): // there is no tip to ask for, so the first question is what the host can do
		return s.greetAndResolve(ctx)
	case !isKnown && s.wire.stateless():
		known, s.guessed = likelyFacts(), true
	}
	if known.protocol != protocolV2 || known.moved || !s.wire.isReady() {
		return s.greetAndResolve(ctx)
	}
	s.hello.facts = known
	listing, err := lsRefs(ctx, s.wire, s.ref.names)
	switch {
	case err == nil && (listing.any || !s.guessed):
		return s.resolve(ctx, listing)
	case ctx.Err() == nil && s.mayBeMistaken(err):
		return s.greetAndResolve(ctx)
	}
	return err
}

// likelyFacts are true of most hosts today, so the first session over HTTP begins with them: where they are true that
// saves a request, and a host of which they are not refuses one.
func likelyFacts() hostFacts { return hostFacts{protocol: protocolV2, filter: true, shallow: true} }

// finalError is an error of a wire that knows whether any other request would be refused in the same way.
type finalError interface {
	error
	Final() bool
}

// mayBeMistaken tells whether a request may have failed because the host is not what it was taken for. That is so
// whatever status it answers with, but for words on credentials and on being asked later: some hosts fail in odd ways at
// what they do not know, and a host that was known may be another one by now.
func (s *session) mayBeMistaken(err error) bool {
	if refusal, ok := errors.AsType[finalError](err); ok {
		return !refusal.Final()
	}
	refused := isHostError(err) && classify(err).Code != actors.CodeUnreachable
	return err == nil || mayBeStale(err) || s.guessed && refused
}

// mayBeStale tells whether a request may have failed because the host is no longer what it was: moved, changed, or
// another one. Credentials and an overloaded host are no reason to ask twice.
func mayBeStale(err error) bool {
	code := classify(err).Code
	return code == actors.CodeProtocol || code == actors.CodeNotFound
}

// greetAndResolve asks the host what it can do, and finds the tip.
func (s *session) greetAndResolve(ctx context.Context) error {
	if err := s.greet(ctx); err != nil {
		return err
	}
	switch {
	case s.ref.isPinned():
		s.commit = s.ref.commit
		return nil
	case s.hello.facts.protocol == protocolV0:
		return s.resolve(ctx, s.hello.refs)
	}
	listing, err := lsRefs(ctx, s.wire, s.ref.names)
	if err != nil {
		return err
	}
	return s.resolve(ctx, listing)
}

func (s *session) greet(ctx context.Context) error {
	answer, err := s.wire.greet(ctx)
	if err != nil {
		return err
	}
	hello, err := readGreeting(newPacketReader(answer, maxListing), s.ref.names)
	answer.end(err == nil)
	if err != nil {
		return err
	}
	hello.facts.moved = s.wire.moved()
	s.hello, s.greeted, s.guessed, s.doubted = hello, true, false, false
	return nil
}

// resolve takes the tip from a listing. Where it is missing, an empty repository is told from one without the ref.
func (s *session) resolve(ctx context.Context, listing refListing) error {
	if id, found := listing.best(); found {
		s.commit = id
		return nil
	}
	if s.hello.facts.protocol == protocolV2 && !listing.any {
		var err error
		if listing, err = lsRefs(ctx, s.wire, nil); err != nil {
			return err
		}
	}
	if !listing.any {
		return emptyRepository()
	}
	return s.ref.notFound()
}

// fetch asks for objects and returns the bytes of the pack that holds them. errNoCommonCommit when the host does not know
// the commit that the request has. It may be called more than once; the pack of one call is closed before the next, and
// costs its connection when it was not read to io.EOF. Where the host was not greeted yet and refuses the request, it
// is; and asked again, unless it is as it was taken for.
func (s *session) fetch(ctx context.Context, request fetchRequest) (io.ReadCloser, error) {
	body, err := s.ask(ctx, request)
	if err != nil && !s.greeted && ctx.Err() == nil && !errors.Is(err, errNoCommonCommit) && s.mayBeMistaken(err) {
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
func (s *session) ask(ctx context.Context, request fetchRequest) (*packBody, error) {
	if !s.wire.isReady() || s.doubted || s.hello.facts.protocol == protocolV0 && !s.greeted {
		if err := s.greet(ctx); err != nil {
			return nil, err
		}
	}
	request.shallow = request.shallow && s.hello.facts.shallow
	if !s.hello.facts.filter {
		request.filter = ""
	}
	if s.hello.facts.protocol == protocolV2 {
		return fetchV2(ctx, s.wire, request)
	}
	return fetchV0(ctx, s.wire, s.hello, request)
}

// aboutWants reads the host's complaint about a pinned commit: it names the id, in words that differ from host to host.
func (s *session) aboutWants(err error, request fetchRequest) error {
	var said *hostError
	pinned := s.ref.isPinned() && slices.Contains(request.wants, s.ref.commit)
	if pinned && errors.As(err, &said) && said.mentions(s.ref.commit.String()) {
		return s.ref.notFound()
	}
	return err
}

// fail makes the failure that leaves the session: the context's own end before its consequences, and no secret in it.
func (s *session) fail(ctx context.Context, err error) error {
	if errors.Is(err, errNoCommonCommit) {
		return errNoCommonCommit
	}
	return redactedFailure(ctx, err, s.redact)
}

package protocol

import (
	"context"
	"errors"
	"time"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/object"
	"mooring/gitsource/pktline"
)

// begin finds the tip. If the facts of an earlier session or the guessed ones are wrong, it greets the host.
func (s *Session) begin(ctx context.Context, learned Facts) error {
	hasFacts := learned.Version != Unknown
	switch {
	case s.ref.IsPinned() && hasFacts && !learned.Moved && learned.Format == s.ref.Commit.Format():
		s.hello.facts, s.tip = learned, s.pinned()
		return nil
	case s.ref.IsPinned(): // GIT_REF is the tip, so the greeting is the first request
		return s.greetAndResolve(ctx)
	case !hasFacts && s.wire.IsStateless():
		learned, s.guessed = likelyFacts(), true
	}
	s.hello.facts = learned
	if learned.Version != V2 || learned.Moved || learned.Silent || !s.wire.IsReady() {
		return s.greetAndResolve(ctx)
	}
	listing, err := s.firstListing(ctx)
	switch {
	case err == nil && (listing.any || !s.guessed):
		return s.resolve(ctx, listing)
	case ctx.Err() == nil && s.mayBeMistaken(err):
		return s.greetAndResolve(ctx)
	}
	return err
}

// guessTime is how long a host may take for its answer to a request with guessed facts, unless a tenth of the time that
// is left is shorter.
const guessTime = 5 * time.Second

// firstListing asks for the tracked ref without a greeting before it. If the facts are guessed, an answer that does not
// come in time is no answer: some hosts are silent, or close the connection, unless they were greeted.
func (s *Session) firstListing(ctx context.Context) (refListing, error) {
	if !s.guessed {
		return s.lsRefs(ctx, s.ref.Names)
	}
	limit := guessTime
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/10)
	}
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	listing, err := s.lsRefs(short, s.ref.Names)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		err = ErrNoAnswer
	}
	s.hello.facts.Silent = IsUnanswered(err)
	return listing, err
}

// pinned is the tip if GIT_REF is a commit.
func (s *Session) pinned() object.Tip { return object.Tip{Named: s.ref.Commit, Commit: s.ref.Commit} }

// likelyFacts are true for most hosts and repositories. A first session over HTTP begins with them. If they are true,
// that saves a request; if not, the host refuses one.
func likelyFacts() Facts { return Facts{Version: V2, Filter: true, Shallow: true} }

// finalError is an error of a Wire. Final tells whether the host would refuse any other request in the same way.
type finalError interface {
	error
	Final() bool
}

// mayBeMistaken tells whether a request may have failed because the facts about the host are wrong. Any HTTP status may
// mean that: hosts answer to unknown requests in different ways, and another host may have taken the address. The
// exceptions are refused credentials and a host that asks to be called later.
func (s *Session) mayBeMistaken(err error) bool {
	if refusal, ok := errors.AsType[finalError](err); ok {
		return !refusal.Final()
	}
	refused := fault.IsHostError(err) && fault.Of(err).Code != actors.CodeUnreachable
	return err == nil || mayBeStale(err) || s.guessed && (refused || IsUnanswered(err))
}

// mayBeStale tells whether a request may have failed because the host has moved or changed, or is another one. Refused
// credentials and an overloaded host are no reason to ask again.
func mayBeStale(err error) bool {
	code := fault.Of(err).Code
	return code == actors.CodeProtocol || code == actors.CodeNotFound
}

// greetAndResolve asks the host what it can do, and finds the tip.
func (s *Session) greetAndResolve(ctx context.Context) error {
	if err := s.greet(ctx); err != nil {
		return err
	}
	switch {
	case s.ref.IsPinned():
		s.tip = s.pinned()
		return nil
	case s.hello.facts.Version == V0:
		return s.resolve(ctx, s.hello.refs)
	}
	listing, err := s.lsRefs(ctx, s.ref.Names)
	if err != nil {
		return err
	}
	return s.resolve(ctx, listing)
}

// greet asks the host what it can do. From then on no fact about it is guessed.
func (s *Session) greet(ctx context.Context) error {
	answer, err := s.wire.Greet(ctx)
	if err != nil {
		return err
	}
	hello, err := readGreeting(pktline.NewReader(answer, maxListing), s.ref)
	answer.End(err == nil)
	if err != nil {
		return err
	}
	hello.facts.Moved, hello.facts.Silent = s.wire.HasMoved(), s.hello.facts.Silent
	s.hello, s.greeted, s.guessed, s.doubted = hello, true, false, false
	return s.checkPinned()
}

// checkPinned returns an error if the greeted host may not be asked for the pinned commit. A host of version 0 that
// does not serve the commit would end the connection, or answer that it has failed.
func (s *Session) checkPinned() error {
	if !s.ref.IsPinned() {
		return nil
	}
	refused := s.hello.facts.Version == V0 && !s.hello.serves(s.ref.Commit)
	if refused && !s.hello.refs.any { // this host may not tell its format
		return fault.EmptyRepository()
	}
	if err := s.ref.CheckFormat(s.hello.facts.Format); err != nil || !refused {
		return err
	}
	return s.ref.NotFound()
}

// resolve takes the tip from a listing. If the tip is not there, it asks the host for any ref, to tell an empty
// repository from one that lacks this ref.
func (s *Session) resolve(ctx context.Context, listing refListing) error {
	if tip, found := listing.best(); found {
		s.tip = tip
		return nil
	}
	if s.hello.facts.Version == V2 && !listing.any {
		var err error
		if listing, err = s.lsRefs(ctx, nil); err != nil {
			return err
		}
	}
	if !listing.any {
		return fault.EmptyRepository()
	}
	return s.ref.NotFound()
}

package protocol

import (
	"context"
	"errors"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/pktline"
)

// begin finds the tip. Facts that turn out stale, or were only guessed, are forgotten, and the host is greeted.
func (s *Session) begin(ctx context.Context, known Facts) error {
	isKnown := known.Version != Unknown
	switch {
	case s.ref.IsPinned() && isKnown && !known.Moved:
		s.hello.facts, s.commit = known, s.ref.Commit
		return nil
	case s.ref.IsPinned(): // there is no tip to ask for, so the first question is what the host can do
		return s.greetAndResolve(ctx)
	case !isKnown && s.wire.IsStateless():
		known, s.guessed = likelyFacts(), true
	}
	if known.Version != V2 || known.Moved || !s.wire.IsReady() {
		return s.greetAndResolve(ctx)
	}
	s.hello.facts = known
	listing, err := lsRefs(ctx, s.wire, s.ref.Names)
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
func likelyFacts() Facts { return Facts{Version: V2, Filter: true, Shallow: true} }

// finalError is an error of a wire that knows whether any other request would be refused in the same way.
type finalError interface {
	error
	Final() bool
}

// mayBeMistaken tells whether a request may have failed because the host is not what it was taken for. That is so
// whatever status it answers with, but for words on credentials and on being asked later: some hosts fail in odd ways at
// what they do not know, and a host that was known may be another one by now.
func (s *Session) mayBeMistaken(err error) bool {
	if refusal, ok := errors.AsType[finalError](err); ok {
		return !refusal.Final()
	}
	refused := fault.IsHostError(err) && fault.Of(err).Code != actors.CodeUnreachable
	return err == nil || mayBeStale(err) || s.guessed && refused
}

// mayBeStale tells whether a request may have failed because the host is no longer what it was: moved, changed, or
// another one. Credentials and an overloaded host are no reason to ask twice.
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
		s.commit = s.ref.Commit
		return nil
	case s.hello.facts.Version == V0:
		return s.resolve(ctx, s.hello.refs)
	}
	listing, err := lsRefs(ctx, s.wire, s.ref.Names)
	if err != nil {
		return err
	}
	return s.resolve(ctx, listing)
}

func (s *Session) greet(ctx context.Context) error {
	answer, err := s.wire.Greet(ctx)
	if err != nil {
		return err
	}
	hello, err := readGreeting(pktline.NewReader(answer, maxListing), s.ref.Names)
	answer.End(err == nil)
	if err != nil {
		return err
	}
	hello.facts.Moved = s.wire.HasMoved()
	s.hello, s.greeted, s.guessed, s.doubted = hello, true, false, false
	return nil
}

// resolve takes the tip from a listing. Where it is missing, an empty repository is told from one without the ref.
func (s *Session) resolve(ctx context.Context, listing refListing) error {
	if id, found := listing.best(); found {
		s.commit = id
		return nil
	}
	if s.hello.facts.Version == V2 && !listing.any {
		var err error
		if listing, err = lsRefs(ctx, s.wire, nil); err != nil {
			return err
		}
	}
	if !listing.any {
		return fault.EmptyRepository()
	}
	return s.ref.NotFound()
}

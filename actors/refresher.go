package actors

import (
	"context"
	"errors"
)

// Errors of the handle, beside those of the caller's context.
var (
	// ErrStopped: the actor has stopped, or is about to, and accepts nothing more.
	ErrStopped = errors.New("the service is shutting down")
	// ErrRepeated: a delivery with the same id was accepted before.
	ErrRepeated = errors.New("this delivery was accepted before")
	// ErrRefreshNotFound: no refresh with that id is remembered.
	ErrRefreshNotFound = errors.New("no such refresh is remembered")
	// ErrStackNotFound: the snapshot has no stack at that path.
	ErrStackNotFound = errors.New("no such stack")
	// ErrDeleting: a report came for a stack that Git no longer has.
	ErrDeleting = errors.New("the stack is gone from Git and waits to be deleted")
	// ErrStillDesired: a stack that Git has cannot be forgotten.
	ErrStillDesired = errors.New("the stack is still in Git")
	// ErrHeld: a stack whose removal is held cannot be forgotten.
	ErrHeld = errors.New("the removal of the stack is held")
	// ErrNothingHeld: no removal is held, or not that of a stack that was named.
	ErrNothingHeld = errors.New("no such removal is held")
	// ErrOtherRevision: a release names another revision than the snapshot's.
	ErrOtherRevision = errors.New("the snapshot has another revision")
	// ErrNotSaved: the snapshot file does not hold what the actor accepted, so a restart would lose it. The error of
	// the write is beside it in the chain.
	ErrNotSaved = errors.New("SNAPSHOT_FILE could not be written")
)

// Refresher is the handle on the refresh actor. It holds nothing but its ends of the actor's channels, and any number
// of goroutines may use it. Each method returns ErrStopped once the actor has stopped, and the context's error when the
// context ends first. The actor may have accepted a message whose caller got the context's error.
type Refresher struct {
	triggers chan<- question[request, Refresh]  // from handlers and main → loop
	leavers  chan<- chan<- Refresh              // from handlers and main → loop
	lookups  chan<- question[string, Refresh]   // from handlers → loop
	reports  chan<- question[Report, Stack]     // from handlers → loop
	forgets  chan<- question[string, Stack]     // from handlers → loop
	releases chan<- question[Release, []string] // from handlers → loop
	views    <-chan View                        // from loop → handlers: a receiver gets the newest
	done     <-chan struct{}                    // closed by the loop when all callers that waited are answered
}

// question is a message that asks about a Q and is answered once with an A.
type question[Q, A any] struct {
	about Q
	reply chan<- answer[A] // capacity 1
}

// answer is the reply to a question: a value, or an error.
type answer[A any] struct {
	value A
	err   error
}

// answer replies to the question. It never blocks, for the reply has capacity 1 and comes once.
func (q question[Q, A]) answer(value A, err error) { q.reply <- answer[A]{value, err} }

// request asks for a refresh. The question is answered at once with the refresh as it was accepted; ended, unless it is
// nil, gets the refresh that served the trigger when that has ended.
type request struct {
	trigger Trigger
	ended   chan<- Refresh // capacity 1
}

// Trigger asks for a refresh and returns it as it was accepted: refreshing or queued, with the id of the refresh that
// it replaced. It returns ErrRepeated for a trigger that may be accepted only once and was accepted before.
func (r *Refresher) Trigger(ctx context.Context, t Trigger) (Refresh, error) {
	return ask(ctx, r.done, r.triggers, request{trigger: t})
}

// TriggerAndWait asks for a refresh and waits until that one, or the one that took its place in the queue, has ended.
// When enough is closed, the context ends or the actor stops before that, it returns the refresh as it stands at that
// moment, without an error. An error tells that the actor may not have accepted the trigger. Enough may be nil. It ends
// only the wait: even if it is closed already, the actor accepts the trigger.
func (r *Refresher) TriggerAndWait(ctx context.Context, t Trigger, enough <-chan struct{}) (Refresh, error) {
	ended := make(chan Refresh, 1)
	accepted, err := ask(ctx, r.done, r.triggers, request{t, ended})
	if err != nil {
		r.leave(ended)
		return Refresh{}, err
	}
	select {
	case refresh := <-ended:
		return refresh, nil
	case <-r.done:
	case <-enough:
		r.leave(ended)
	case <-ctx.Done():
		r.leave(ended)
	}
	select {
	case refresh := <-ended: // the refresh ended at the same moment
		return refresh, nil
	default:
	}
	if latest, err := r.Lookup(context.WithoutCancel(ctx), accepted.ID); err == nil {
		return latest, nil
	}
	return accepted, nil
}

// leave tells the loop that nobody listens on ended any more.
func (r *Refresher) leave(ended chan<- Refresh) {
	select {
	case r.leavers <- ended:
	case <-r.done:
	}
}

// Lookup returns a refresh by its id, or the one that took its place in the queue. The actor remembers the last 100
// that ended and the last 1,000 that were replaced; for any other id Lookup returns ErrRefreshNotFound.
func (r *Refresher) Lookup(ctx context.Context, id string) (Refresh, error) {
	return ask(ctx, r.done, r.lookups, id)
}

// View returns what the actor knows now, as one immutable value.
func (r *Refresher) View(ctx context.Context) (View, error) {
	select {
	case view := <-r.views:
		return view, nil
	case <-ctx.Done():
		return View{}, ctx.Err()
	case <-r.done:
		return View{}, ErrStopped
	}
}

// Report takes a deployer's report on a stack and returns the stack as it stands after it. It returns ErrStackNotFound,
// or ErrDeleting for a stack that Git no longer has. With a snapshot file it returns when the file holds the report; it
// returns ErrNotSaved, wrapped, when the report was taken and could not be written.
func (r *Refresher) Report(ctx context.Context, report Report) (Stack, error) {
	return ask(ctx, r.done, r.reports, report)
}

// Forget drops a stack that is deleting and returns it as it was. It returns ErrStackNotFound, ErrStillDesired for a
// stack that Git has, or ErrHeld for one whose removal is held. With a snapshot file it returns when the file no longer
// holds the stack. It returns ErrNotSaved, wrapped, when the actor no longer has the stack and the file could not be
// written: a restart might find the stack again.
func (r *Refresher) Forget(ctx context.Context, path string) (Stack, error) {
	return ask(ctx, r.done, r.forgets, path)
}

// Release lets stacks go whose removal is held, and returns their paths, sorted. It returns ErrNothingHeld and lets
// none go unless each stack that it names is held, and ErrOtherRevision for another revision than the snapshot's. With
// a snapshot file it returns when the file has the stacks as they then are, or with ErrNotSaved, wrapped.
func (r *Refresher) Release(ctx context.Context, release Release) ([]string, error) {
	return ask(ctx, r.done, r.releases, release)
}

// Done returns a channel that is closed when the actor has stopped and all callers that waited are answered.
func (r *Refresher) Done() <-chan struct{} { return r.done }

// ask sends a question and waits for its answer. It stops waiting when the caller's context ends or the owner is done.
func ask[Q, A any](ctx context.Context, done <-chan struct{}, to chan<- question[Q, A], about Q) (A, error) {
	var none A
	reply := make(chan answer[A], 1)
	select {
	case to <- question[Q, A]{about, reply}:
	case <-ctx.Done():
		return none, ctx.Err()
	case <-done:
		return none, ErrStopped
	}
	select {
	case a := <-reply:
		return a.value, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-done:
	}
	select {
	case a := <-reply: // the answer was there before the stop, and the select above picked done at random
		return a.value, a.err
	default:
		return none, ErrStopped
	}
}

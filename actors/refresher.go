package actors

import (
	"context"
	"errors"
)

// Errors of the handle, beside those of the caller's context.
var (
	// ErrStopped: the actor has stopped or is about to; nothing more is accepted.
	ErrStopped = errors.New("the service is shutting down")
	// ErrRefreshNotFound: no refresh with that id is remembered.
	ErrRefreshNotFound = errors.New("no such refresh is remembered")
	// ErrStackNotFound: the snapshot has no stack at that path.
	ErrStackNotFound = errors.New("no such stack")
	// ErrDeleting: a report came for a stack that Git no longer has.
	ErrDeleting = errors.New("the stack is gone from Git and waits to be deleted")
	// ErrStillDesired: a stack that Git has cannot be forgotten.
	ErrStillDesired = errors.New("the stack is still in Git")
)

// Refresher is the handle on the refresh actor: it holds nothing but its ends of the actor's channels, and any
// number of goroutines may use it. Each method returns ErrStopped once the actor has stopped, and the context's error
// when that ends first; a message that was sent by then may have been accepted all the same.
type Refresher struct {
	triggers chan<- triggerMessage   // from handlers and main → loop
	leavers  chan<- chan<- Refresh   // from handlers and main → loop
	lookups  chan<- question[string] // from handlers → loop
	reports  chan<- question[Report] // from handlers → loop
	forgets  chan<- question[string] // from handlers → loop
	views    <-chan View             // from loop → handlers and the exporter: whoever receives gets the newest
	done     <-chan struct{}         // closed by the loop when all who waited are answered
}

// triggerMessage asks for a refresh. The reply comes at once; ended, unless it is nil, gets the refresh that served the
// trigger when that has ended.
type triggerMessage struct {
	trigger Trigger
	reply   chan<- answer
	ended   chan<- Refresh
}

// question is a message that is answered at once.
type question[T any] struct {
	about T
	reply chan<- answer
}

// answer is the loop's reply; the question tells which field counts.
type answer struct {
	refresh Refresh
	stack   Stack
	err     error
}

// Trigger asks for a refresh and returns it as it was accepted: refreshing or queued, with what it replaced.
func (r *Refresher) Trigger(ctx context.Context, t Trigger) (Refresh, error) {
	return r.trigger(ctx, t, nil)
}

func (r *Refresher) trigger(ctx context.Context, t Trigger, ended chan<- Refresh) (Refresh, error) {
	reply := make(chan answer, 1)
	a, err := ask(ctx, r.done, r.triggers, triggerMessage{t, reply, ended}, reply)
	return a.refresh, err
}

// TriggerAndWait asks for a refresh and waits until it, or the one that took its place in the queue, has ended. When
// enough is closed, the context ends or the actor stops before that, it returns the refresh as it then stands, without
// an error; an error tells that the trigger was not known to be accepted. What closes enough, which may be nil, bounds
// the waiting alone: however soon it comes, the trigger is accepted.
func (r *Refresher) TriggerAndWait(ctx context.Context, t Trigger, enough <-chan struct{}) (Refresh, error) {
	ended := make(chan Refresh, 1)
	accepted, err := r.trigger(ctx, t, ended)
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
	case refresh := <-ended: // the end came in the same moment
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

// Lookup returns a refresh by its id, or the one that took its place in the queue. It returns ErrRefreshNotFound for
// one that is not remembered: the last 100 that ended and the last 1,000 that were replaced are.
func (r *Refresher) Lookup(ctx context.Context, id string) (Refresh, error) {
	a, err := put(ctx, r.done, r.lookups, id)
	return a.refresh, err
}

// View returns what the actor knows now. It costs the actor no more than handing it over.
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

// Report takes a deployer's word on a stack and returns the stack as it then stands. It returns ErrStackNotFound, or
// ErrDeleting for a stack that Git no longer has.
func (r *Refresher) Report(ctx context.Context, report Report) (Stack, error) {
	a, err := put(ctx, r.done, r.reports, report)
	return a.stack, err
}

// Forget drops a stack that waits to be deleted and returns it as it was. It returns ErrStackNotFound, or
// ErrStillDesired for a stack that Git has.
func (r *Refresher) Forget(ctx context.Context, path string) (Stack, error) {
	a, err := put(ctx, r.done, r.forgets, path)
	return a.stack, err
}

// Done returns a channel that is closed when the actor has stopped and all who waited are answered.
func (r *Refresher) Done() <-chan struct{} { return r.done }

func put[T any](ctx context.Context, done <-chan struct{}, to chan<- question[T], about T) (answer, error) {
	reply := make(chan answer, 1)
	a, err := ask(ctx, done, to, question[T]{about, reply}, reply)
	if err != nil {
		return answer{}, err
	}
	return a, a.err
}

// ask sends a message and waits for its answer, but for neither longer than the caller's context and the owner live.
func ask[M, A any](ctx context.Context, done <-chan struct{}, to chan<- M, message M, reply <-chan A) (A, error) {
	var none A
	select {
	case to <- message:
	case <-ctx.Done():
		return none, ctx.Err()
	case <-done:
		return none, ErrStopped
	}
	select {
	case a := <-reply:
		return a, nil
	case <-ctx.Done():
		return none, ctx.Err()
	case <-done:
	}
	select {
	case a := <-reply: // given before the stop; select had picked at random
		return a, nil
	default:
		return none, ErrStopped
	}
}

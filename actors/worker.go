package actors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// firstPause is how long the worker waits before it asks again for a push that has not reached Git; each further pause
// is twice as long, and asksAgain is how many there are.
const (
	firstPause = time.Second
	asksAgain  = 3
)

// worker reads the desired state for one refresh, on a goroutine of its own. It holds copies only.
type worker struct {
	source   Source
	previous DesiredState
	trigger  Trigger
	limit    time.Duration
	log      *slog.Logger
}

// fetchedMessage is what a worker sends when it is done.
type fetchedMessage struct {
	id      string
	outcome outcome
}

// fetch asks the source, and asks again while it answers with what was there before the push that the trigger
// announced: a webhook may arrive before the host serves what it tells of. A panic becomes a failure, since the next refresh
// may well work.
func (w worker) fetch(ctx context.Context) (o outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			w.log.Error("a fetch panicked", "panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
			o = outcome{failure: internal()}
		}
	}()
	desired, err := w.source.Fetch(ctx, w.previous)
	if err != nil {
		return outcome{failure: w.explain(ctx, err)}
	}
	return w.askAgain(ctx, desired)
}

// askAgain asks until Git answers with the announced push, a few times at most. It returns the newest desired state that it
// got, and the pause that the host asked for last. An error does not lose a good answer from before. It returns before the
// refresh's time is over, so that the good answer is not too late.
func (w worker) askAgain(ctx context.Context, desired DesiredState) outcome {
	if deadline, ok := ctx.Deadline(); ok {
		earlier, cancel := context.WithDeadline(ctx, deadline.Add(-comeBack))
		defer cancel()
		ctx = earlier
	}
	var retryAfter time.Duration // the pause that the host asked for
	for again := range asksAgain {
		if !w.trigger.outdated(desired.Revision) || !pause(ctx, max(firstPause<<again, retryAfter)) {
			break
		}
		w.log.Debug("asking again for the expected revision", "found", desired.Revision)
		next, err := w.source.Fetch(ctx, desired)
		if err == nil {
			desired, retryAfter = next, 0
			continue
		}
		if failure, ok := errors.AsType[*Failure](err); ok {
			retryAfter = failure.RetryAfter
		}
		if !errors.Is(ctx.Err(), context.Canceled) { // a stop cancels it, and nobody needs to be told
			w.log.Warn("asking again has failed: the revision found before counts", "found", desired.Revision, "error", err)
		}
	}
	return outcome{desired: desired, retryAfter: retryAfter}
}

// pause waits, and tells whether it waited to the end. It does not begin a wait that the context's deadline would cut
// short: the answer that is there already is better than a timeout.
func pause(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// explain turns an error of the source into a failure. When the refresh's time is over, that is the reason, whatever the
// error says.
func (w worker) explain(ctx context.Context, err error) *Failure {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return timedOut(w.limit)
	}
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	w.log.Error("a fetch failed in an unforeseen way", "error", err)
	return internal()
}

func internal() *Failure {
	return &Failure{Code: CodeInternal, Message: "a fault inside mooring: its log has the details"}
}

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

// fetch asks the source. It asks again while the source returns a state that is older than the push that the trigger
// announced: a webhook may arrive before the host serves the push. A panic becomes a failure, because the next refresh
// may work.
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

// askAgain asks until Git has the announced push, a few times at most. It returns the newest desired state that it got,
// with the pause that the host asked for last. After an error it keeps the state that it has. It returns before the
// refresh's time is over, so that this state still counts.
func (w worker) askAgain(ctx context.Context, desired DesiredState) outcome {
	if deadline, ok := ctx.Deadline(); ok {
		earlier, cancel := context.WithDeadline(ctx, deadline.Add(-comeBack))
		defer cancel()
		ctx = earlier
	}
	var retryAfter time.Duration // the pause that the host asked for
	for again := range asksAgain {
		if !w.trigger.outdated(desired.ids()...) || !pause(ctx, max(firstPause<<again, retryAfter)) {
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
		if !errors.Is(ctx.Err(), context.Canceled) { // after a stop nobody needs to know
			w.log.Warn("asking again has failed: the refresh keeps the revision that it has",
				"found", desired.Revision, "error", err)
		}
	}
	return outcome{desired: desired, retryAfter: retryAfter}
}

// pause waits for d and returns true. It returns false if the context ends before that, and at once if the context's
// deadline is nearer than d: the caller then uses the state that it has, instead of running into the timeout.
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

// explain turns an error of the source into a failure. When the refresh's time is over, the failure is a timeout,
// whatever the error says.
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

func timedOut(limit time.Duration) *Failure {
	return &Failure{
		Code:    CodeTimeout,
		Message: fmt.Sprintf("the refresh took longer than REFRESH_TIMEOUT (%s) and was given up", limit),
	}
}

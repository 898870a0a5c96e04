package actors

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripted is a source. The test gives its answers, one fetch at a time.
type scripted struct {
	fetches chan fetch // from the worker → test
	deaf    bool       // it ignores its context, as some libraries do
}

type fetch struct {
	previous DesiredState
	answer   chan<- result
}

type result struct {
	desired DesiredState
	err     error
}

func (s scripted) Fetch(ctx context.Context, previous DesiredState) (DesiredState, error) {
	answer := make(chan result, 1)
	ended := ctx.Done()
	if s.deaf {
		ended = nil
	}
	select {
	case s.fetches <- fetch{previous, answer}:
	case <-ended:
		return DesiredState{}, ctx.Err()
	}
	select {
	case r := <-answer:
		if r.err == errPanic {
			panic("the library has a bad day")
		}
		return r.desired, r.err
	case <-ended:
		return DesiredState{}, ctx.Err()
	}
}

var (
	errPanic       = errors.New("panic, please")
	errUnreachable = &Failure{Code: CodeUnreachable, Message: "connection refused"}
)

// running is an actor that runs in the bubble of a test.
type running struct {
	*Refresher
	scripted
	t       *testing.T
	stop    context.CancelFunc
	stopped chan struct{}
}

func run(t *testing.T, settings Settings) running {
	return runSource(t, settings, scripted{fetches: make(chan fetch)})
}

func runSource(t *testing.T, settings Settings, source scripted) running {
	if settings.RefreshTimeout == 0 {
		settings.RefreshTimeout = time.Minute
	}
	settings.RemovalLimit = 100
	refresher, loop := New(settings, source, SnapshotFile{}, Snapshot{}, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	// Ends when the test stops the actor, at the latest with the test's context; the bubble waits for it.
	go func() { defer close(stopped); loop(ctx) }()
	return running{refresher, source, t, stop, stopped}
}

func (r running) trigger(source TriggerSource) Refresh {
	r.t.Helper()
	refresh, err := r.Trigger(r.t.Context(), Trigger{Source: source, ReceivedAt: time.Now()})
	is.New(r.t).NoErr(err)
	return refresh
}

func (r running) view() View {
	r.t.Helper()
	view, err := r.View(r.t.Context())
	is.New(r.t).NoErr(err)
	return view
}

// answers ends the fetch that is under way, and waits until the actor has its result.
func (r running) answers(desired DesiredState, err error) fetch {
	f := <-r.fetches
	f.answer <- result{desired, err}
	synctest.Wait()
	return f
}

// idle tells whether no fetch is under way.
func (r running) idle() bool {
	synctest.Wait()
	select {
	case <-r.fetches:
		return false
	default:
		return true
	}
}

// waits calls TriggerAndWait on a goroutine that ends with its context at the latest; the channel gets the result.
func (r running) waits(ctx context.Context, trigger Trigger) <-chan Refresh {
	served := make(chan Refresh, 1)
	// Ends when TriggerAndWait returns, with ctx or the actor at the latest; the bubble waits for it.
	go func() {
		refresh, _ := r.TriggerAndWait(ctx, trigger, nil)
		served <- refresh
	}()
	synctest.Wait()
	return served
}

func TestRefreshPublishesTheDesiredState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{})
		defer r.stop()
		before := r.view()
		accepted := r.trigger(Startup)
		is.Equal(accepted.Phase, Refreshing)
		current, runs := r.view().Current()
		is.True(runs)
		is.Equal(current.ID, accepted.ID)
		r.answers(desired("r1", "web", "h1"), nil)
		<-before.Changed // a reader that waits for a change wakes up
		view := r.view()
		is.Equal(view.Snapshot.Revision, "r1")
		is.Equal(view.Snapshot.Stacks[0].Status, Missing)
		is.Equal(view.LastSuccess.ID, accepted.ID)
		is.Equal(view.LastSuccess.Changes.Added, []string{"web"})

		r.trigger(Manual)
		f := r.answers(desired("r1", "web", "h1"), nil)
		is.Equal(f.previous.Revision, "r1") // the source gets what it returned
		select {
		case <-view.Changed:
			t.Fatal("a refresh that finds the same revision wakes nobody")
		default:
		}
	})
}

func TestLastTriggerIsFollowedByAFetchThatBeganAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{})
		defer r.stop()
		r.trigger(Startup)
		running := <-r.fetches
		queued := r.trigger(Webhook)
		replaced := r.waits(t.Context(), Trigger{Source: Manual})
		last := r.waits(t.Context(), Trigger{Source: Manual})
		running.answer <- result{desired("before the push"), nil}
		r.answers(desired("after the push"), nil)
		served := <-last
		is.Equal(served.Revision, "after the push")
		is.Equal((<-replaced).ID, served.ID) // answered by the one that took its place
		found, err := r.Lookup(t.Context(), queued.ID)
		is.NoErr(err)
		is.Equal(found.ID, served.ID)
		is.True(r.idle())
	})
}

func TestTriggerStormMakesTwoFetchesOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{})
		defer r.stop()
		r.trigger(Startup)
		hanging := <-r.fetches
		waiting := make([]<-chan Refresh, 1000)
		for i := range waiting {
			waiting[i] = r.waits(t.Context(), Trigger{Source: Webhook})
		}
		is.True(r.idle()) // no second fetch while the first one hangs
		is.Equal(len(r.view().Refreshes(100)), 2)
		hanging.answer <- result{desired("r1"), nil}
		r.answers(desired("r2"), nil)
		for _, served := range waiting {
			is.Equal((<-served).Revision, "r2")
		}
		is.True(r.idle())
	})
}

func TestCallerGoneBeforeTheSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		refresher, _ := New(Settings{}, scripted{}, SnapshotFile{}, Snapshot{}, slog.New(slog.DiscardHandler)) // nobody receives
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := refresher.Trigger(ctx, Trigger{})
		is.Equal(err, context.DeadlineExceeded)
		_, err = refresher.View(ctx)
		is.Equal(err, context.DeadlineExceeded)
	})
}

func TestCallerGoneBeforeTheReplyBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{})
		defer r.stop()
		// A caller that has sent its message and never reads the answer.
		r.triggers <- question[request, Refresh]{request{ended: make(chan Refresh, 1)}, make(chan answer[Refresh], 1)}
		r.lookups <- question[string, Refresh]{reply: make(chan answer[Refresh], 1)}
		r.answers(desired("r1"), nil)
		is.Equal(r.view().Snapshot.Revision, "r1")
	})
}

func TestCallerGoneDuringTheWaitLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		source := scripted{fetches: make(chan fetch)}
		refresher, l := newLoop(Settings{RefreshTimeout: time.Minute}, source, SnapshotFile{}, Snapshot{}, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		// Ends with ctx; the test waits for stopped.
		go func() { defer close(stopped); l.run(ctx) }()
		r := running{refresher, source, t, stop, stopped}

		patience, leave := context.WithCancel(t.Context())
		first := r.waits(patience, Trigger{Source: Manual})
		second := r.waits(patience, Trigger{Source: Manual})
		leave()
		is.Equal((<-first).Phase, Refreshing) // as it stands
		is.Equal((<-second).Phase, Queued)
		synctest.Wait()
		stop()
		<-stopped
		is.Equal(len(l.awaitCurrent)+len(l.awaitQueued), 0)
	})
}

func TestWaitThatIsOverBeforeItBeginsTriggersOnce(t *testing.T) {
	for range 64 { // select picks at random
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{})
			defer r.stop()
			enough := make(chan struct{})
			close(enough)
			accepted, err := r.TriggerAndWait(t.Context(), Trigger{Source: Manual}, enough)
			is.NoErr(err)
			is.Equal(accepted.Phase, Refreshing) // as it stands
			is.Equal(len(r.view().Refreshes(10)), 1)
		})
	}
}

func TestStopWhileFetchingAnswersAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{})
		current := r.waits(t.Context(), Trigger{Source: Manual})
		queued := r.waits(t.Context(), Trigger{Source: Manual})
		r.stop()
		is.Equal((<-current).Phase, Refreshing)
		is.Equal((<-queued).Phase, Queued)
		<-r.stopped
		r.stop() // a second stop does nothing
		_, err := r.Trigger(t.Context(), Trigger{Source: Manual})
		is.Equal(err, ErrStopped)
		_, err = r.TriggerAndWait(t.Context(), Trigger{Source: Manual}, nil)
		is.Equal(err, ErrStopped)
		_, err = r.View(t.Context())
		is.Equal(err, ErrStopped)
	})
}

func TestStopDoesNotWaitForAFetchThatIgnoresIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := runSource(t, Settings{}, scripted{fetches: make(chan fetch), deaf: true})
		r.trigger(Startup)
		hanging := <-r.fetches
		began := time.Now()
		r.stop()
		<-r.Done()
		is.Equal(time.Since(began), time.Duration(0)) // callers get their answers at once
		<-r.stopped
		is.Equal(time.Since(began), stopGrace)
		hanging.answer <- result{}
	})
}

func TestFetchBeyondItsTimeFailsAndItsLateResultIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := runSource(t, Settings{RefreshTimeout: 10 * time.Second}, scripted{fetches: make(chan fetch), deaf: true})
		defer r.stop()
		served := r.waits(t.Context(), Trigger{Source: Manual})
		hanging := <-r.fetches
		failed := <-served
		is.Equal(failed.Failure.Code, CodeTimeout)
		is.Equal(failed.Duration, 10*time.Second+comeBack)
		is.Equal(r.trigger(Manual).Failure.Code, CodeTimeout) // at once, without a second fetch
		hanging.answer <- result{desired("late"), nil}
		synctest.Wait()
		is.Equal(r.view().Snapshot.Revision, "")
		is.Equal(r.trigger(Manual).Phase, Refreshing)
		r.answers(desired("r1"), nil)
		is.Equal(r.view().Snapshot.Revision, "r1")
	})
}

func TestQueuedRefreshRunsAfterATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{RefreshTimeout: 10 * time.Second})
		defer r.stop()
		first := r.waits(t.Context(), Trigger{Source: Manual})
		<-r.fetches // it gets no answer, and returns when its context ends
		second := r.waits(t.Context(), Trigger{Source: Manual})
		failed := <-first
		is.Equal(failed.Failure.Code, CodeTimeout)
		is.Equal(failed.Duration, 10*time.Second)
		r.answers(desired("r1"), nil)
		is.Equal((<-second).Revision, "r1")
	})
}

func TestPanicInTheWorkerIsAFailedRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{})
		defer r.stop()
		served := r.waits(t.Context(), Trigger{Source: Manual})
		r.answers(DesiredState{}, errPanic)
		is.Equal((<-served).Failure.Code, CodeInternal)
		r.trigger(Manual)
		r.answers(desired("r1"), nil)
		is.Equal(r.view().Snapshot.Revision, "r1")
	})
}

func TestErrorThatIsNoFailureIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{})
		defer r.stop()
		served := r.waits(t.Context(), Trigger{Source: Manual})
		r.answers(DesiredState{}, errors.New("unforeseen, may hold a secret"))
		is.Equal((<-served).Failure, internal())
	})
}

func TestExpectedRevisionIsAskedForAgain(t *testing.T) {
	push := Trigger{Source: Webhook, Expected: "new", Stale: []string{"old"}}
	t.Run("until Git has it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{})
			defer r.stop()
			began := time.Now()
			served := r.waits(t.Context(), push)
			r.answers(desired("old"), nil)
			r.answers(desired("old"), nil)
			is.Equal(time.Since(began), time.Second)
			is.Equal(r.answers(desired("new"), nil).previous.Revision, "old")
			is.Equal(time.Since(began), 3*time.Second)
			is.Equal((<-served).Revision, "new")
		})
	})
	t.Run("until Git has the tag, whichever commit that names", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{})
			defer r.stop()
			served := r.waits(t.Context(), push)
			state := desired("the commit")
			state.Named = "old"
			r.answers(state, nil)
			state.Named = "new"
			is.Equal(r.answers(state, nil).previous.Named, "old")
			is.Equal((<-served).Revision, "the commit")
		})
	})
	t.Run("three times and no more", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{})
			defer r.stop()
			began := time.Now()
			served := r.waits(t.Context(), push)
			for range 4 {
				r.answers(desired("old"), nil)
			}
			is.Equal((<-served).Revision, "old")
			is.Equal(time.Since(began), 7*time.Second)
		})
	})
	t.Run("not when something newer is there", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{})
			defer r.stop()
			served := r.waits(t.Context(), push)
			r.answers(desired("newer still"), nil)
			is.Equal((<-served).Revision, "newer still")
		})
	})
	t.Run("not beyond the refresh's time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{RefreshTimeout: 2 * time.Second})
			defer r.stop()
			served := r.waits(t.Context(), push)
			r.answers(desired("old"), nil)
			r.answers(desired("old"), nil)
			is.Equal((<-served).Revision, "old") // a good answer, not a timeout
		})
	})
}

func TestCommitThatIsKnownCountsThoughAskingAgainFails(t *testing.T) {
	push := Trigger{Source: Webhook, Expected: "new", Stale: []string{"old"}}
	t.Run("by an error", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{})
			defer r.stop()
			served := r.waits(t.Context(), push)
			r.answers(desired("old"), nil)
			for range asksAgain {
				r.answers(DesiredState{}, errUnreachable)
			}
			is.Equal((<-served).Revision, "old")
			is.Equal(r.view().Snapshot.Revision, "old")
			is.Equal(r.view().Failures, 0)
		})
	})
	t.Run("by an error that passes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{})
			defer r.stop()
			served := r.waits(t.Context(), push)
			r.answers(desired("old"), nil)
			r.answers(DesiredState{}, errUnreachable)
			is.Equal(r.answers(desired("new"), nil).previous.Revision, "old")
			is.Equal((<-served).Revision, "new")
		})
	})
	t.Run("by a host that wants to be left alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{PollInterval: time.Minute})
			defer r.stop()
			served := r.waits(t.Context(), push)
			r.answers(desired("old"), nil)
			r.answers(DesiredState{}, &Failure{Code: CodeUnreachable, RetryAfter: 2 * time.Minute})
			is.Equal((<-served).Revision, "old") // the pause that the host asked for is longer than the refresh may take
			is.True(r.idle())
			is.Equal(time.Until(r.view().NextAttempt), 2*time.Minute) // nor by the next poll
		})
	})
	t.Run("for want of time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			r := run(t, Settings{RefreshTimeout: 2 * time.Second})
			defer r.stop()
			served := r.waits(t.Context(), push)
			r.answers(desired("old"), nil)
			<-r.fetches // it gets no answer
			refresh := <-served
			is.Equal(refresh.Revision, "old")
			is.True(refresh.Duration < 2*time.Second)
		})
	})
}

func TestPollsAndRetriesStartByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{PollInterval: time.Minute})
		defer r.stop()
		r.trigger(Startup)
		r.answers(DesiredState{}, errUnreachable)
		began := time.Now()
		is.True(r.idle())
		r.answers(DesiredState{}, errUnreachable) // a retry, after a second
		is.True(time.Since(began) <= 1100*time.Millisecond)
		r.answers(desired("r1"), nil)
		is.Equal(r.view().Failures, 0)
		began = time.Now()
		r.answers(desired("r2"), nil) // a poll, after a minute
		is.True(time.Since(began) >= 54*time.Second && time.Since(began) <= 66*time.Second)
		last, _ := r.view().Last()
		is.Equal(last.Trigger.Source, Poll)
	})
}

func TestReadersAndReportersDoNotWaitForAFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{})
		defer r.stop()
		r.trigger(Startup)
		r.answers(desired("r1", "web", "h1"), nil)
		r.trigger(Manual)
		hanging := <-r.fetches
		view := r.view()
		reported, err := r.Report(t.Context(), Report{Path: "web", Status: Synced, Hash: "h1"})
		is.NoErr(err)
		is.True(reported.InSync())
		<-view.Changed
		hanging.answer <- result{desired("r2"), nil}
		synctest.Wait()
		after := r.view().Snapshot
		is.Equal(after.Revision, "r2")
		is.Equal(len(after.Stacks), 1) // gone from Git, and known to run
		is.Equal(after.Stacks[0].Status, Deleting)
		_, err = r.Report(t.Context(), Report{Path: "web", Status: Synced, Hash: "h1"})
		is.Equal(err, ErrDeleting)
		_, err = r.Forget(t.Context(), "web")
		is.NoErr(err)
		_, err = r.Forget(t.Context(), "web")
		is.Equal(err, ErrStackNotFound)
		_, err = r.Lookup(t.Context(), "never")
		is.Equal(err, ErrRefreshNotFound)
	})
}

func TestThousandsOfWaitersForAChangeCostTheActorNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r := run(t, Settings{})
		defer r.stop()
		woken := make(chan uint64)
		for range 1000 {
			view := r.view()
			// Ends at the change below; the test receives from each.
			go func() {
				<-view.Changed
				next, _ := r.View(t.Context())
				woken <- next.Snapshot.Version
			}()
		}
		r.trigger(Startup)
		r.answers(desired("r1"), nil)
		for range 1000 {
			is.Equal(<-woken, uint64(1))
		}
	})
}

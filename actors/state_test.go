package actors

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/matryer/is"
)

var epoch = time.Date(2026, 2, 15, 12, 0, 0, 0, time.UTC)

// testState returns the core of an actor that holds no removal, unless the settings set a limit.
func testState(settings Settings) *state {
	if settings.RemovalLimit == 0 {
		settings.RemovalLimit = 100
	}
	return newState(settings, false, Snapshot{}, "test", rand.New(rand.NewPCG(1, 2)))
}

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

func desired(revision string, stacks ...string) DesiredState {
	state := DesiredState{Revision: revision}
	for i := 0; i < len(stacks); i += 2 {
		state.Stacks = append(state.Stacks, DesiredStack{Path: stacks[i], ComposeFile: "docker-compose.yml", Hash: stacks[i+1]})
	}
	return state
}

func TestTriggerWhileIdleStartsARefresh(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	refresh, effects := s.trigger(Trigger{Source: Manual}, at(0))
	is.Equal(refresh.Phase, Refreshing)
	is.Equal(refresh.StartedAt, at(0))
	is.True(effects.fetch)
	is.Equal(len(effects.ended), 0)
}

func TestTriggerWhileRefreshingReplacesQueued(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	first, _ := s.trigger(Trigger{Source: Startup}, at(0))
	second, effects := s.trigger(Trigger{Source: Webhook, Expected: "b", Stale: []string{"a"}}, at(1))
	is.Equal(second.Phase, Queued)
	is.True(!effects.fetch)
	third, effects := s.trigger(Trigger{Source: Manual}, at(2))
	is.True(!effects.fetch)
	is.Equal(third.Replaces, second.ID)
	is.Equal(third.Trigger, Trigger{Source: Manual, Expected: "b", Stale: []string{"a"}}) // inherits what the replaced one expected

	effects = s.fetched(first.ID, outcome{desired: desired("r1")}, at(3))
	is.True(effects.fetch) // the queued one begins when the running one has ended
	is.Equal(s.current.ID, third.ID)
	is.Equal(s.current.StartedAt, at(3))
	served, err := s.lookup(second.ID)
	is.NoErr(err)
	is.Equal(served.ID, third.ID) // a replaced id answers with the one that took its place
}

func TestNewerExpectationWinsAndOlderRevisionsStayOutdated(t *testing.T) {
	is := is.New(t)
	older := Trigger{Expected: "b", Stale: []string{"a"}}
	merged := Trigger{Expected: "c", Stale: []string{"b"}}.inherit(older)
	is.Equal(merged.Expected, "c")
	is.True(merged.outdated("a"))
	is.True(merged.outdated("b"))
	is.True(!merged.outdated("c"))
	is.True(!merged.outdated("something else"))
	back := Trigger{Expected: "a", Stale: []string{"b"}}.inherit(older)
	is.True(!back.outdated("a")) // a push back to the revision before the older push
	for i := range 1000 {
		merged = Trigger{Expected: "z", Stale: []string{fmt.Sprint(i)}}.inherit(merged)
	}
	is.Equal(len(merged.Stale), staleSize) // bounded under a storm
}

func TestOlderPushThatComesLaterDoesNotTakeTheNewerOnesPlace(t *testing.T) {
	is := is.New(t)
	newer := Trigger{Expected: "c", Stale: []string{"b"}}
	merged := Trigger{Expected: "b", Stale: []string{"a"}}.inherit(newer)
	is.Equal(merged.Expected, "c")
	is.True(merged.outdated("a"))
	is.True(merged.outdated("b"))
	back := Trigger{Expected: "b", Stale: []string{"c"}}.inherit(newer)
	is.Equal(back.Expected, "b") // a push back from the expected revision
	is.True(back.outdated("c"))
}

func TestOutcomeOfAnotherRefreshIsDropped(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{RefreshTimeout: time.Minute})
	first, _ := s.trigger(Trigger{Source: Startup}, at(0))
	s.overdue(at(60))
	is.Equal(s.abandoned.ID, first.ID)
	second, effects := s.trigger(Trigger{Source: Manual}, at(61))
	is.True(!effects.fetch) // never two fetches at once
	is.Equal(second.Phase, Failed)
	is.Equal(second.Failure.Code, CodeTimeout)
	s.fetched(first.ID, outcome{desired: desired("late", "a", "h")}, at(62))
	is.Equal(s.snapshot.Revision, "")
	_, effects = s.trigger(Trigger{Source: Manual}, at(63))
	is.True(effects.fetch) // the abandoned fetch has returned, so the next one runs
}

func TestHistoryAndReplacedIDsAreBounded(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	running, _ := s.trigger(Trigger{Source: Startup}, at(0))
	var ids []string
	for range replacedSize + 2 {
		refresh, _ := s.trigger(Trigger{Source: Manual}, at(1))
		ids = append(ids, refresh.ID)
	}
	_, err := s.lookup(ids[0])
	is.Equal(err, ErrRefreshNotFound) // the oldest of 1,001 replaced ids is forgotten
	served, err := s.lookup(ids[1])
	is.NoErr(err)
	is.Equal(served.ID, ids[len(ids)-1])

	s.fetched(running.ID, outcome{desired: desired("r")}, at(2))
	for range historySize + 5 {
		s.fetched(s.current.ID, outcome{desired: desired("r")}, at(3))
		s.trigger(Trigger{Source: Manual}, at(3))
	}
	is.Equal(len(s.ended), historySize)
	_, err = s.lookup(running.ID)
	is.Equal(err, ErrRefreshNotFound)
	is.Equal(len(s.view().Refreshes(1000)), historySize+1)
	is.Equal(s.view().Refreshes(1)[0].ID, s.current.ID) // newest first
	is.Equal(len(s.view().Refreshes(0)), 0)
}

func TestPausesJitterByATenthAndUseAllOfIt(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	shortest, longest := time.Hour, time.Duration(0)
	for range 1000 {
		pause := s.jitter(time.Minute)
		shortest, longest = min(shortest, pause), max(longest, pause)
	}
	is.True(shortest >= 54*time.Second && shortest < 56*time.Second)
	is.True(longest <= 66*time.Second && longest > 64*time.Second)
}

func TestRetryBacksOffUntilTheFirstSuccess(t *testing.T) {
	unreachable := &Failure{Code: CodeUnreachable, Message: "refused"}
	for _, test := range []struct {
		name  string
		poll  time.Duration
		waits []float64 // seconds, before jitter
	}{
		{"up to a minute when polling is off", 0, []float64{1, 2, 4, 8, 16, 32, 60, 60}},
		{"up to a minute when the poll interval is longer", time.Hour, []float64{1, 2, 4, 8, 16, 32, 60, 60}},
		{"up to the poll interval when that is shorter", 5 * time.Second, []float64{1, 2, 4, 5, 5}},
	} {
		t.Run(test.name, func(t *testing.T) {
			is := is.New(t)
			s := testState(Settings{PollInterval: test.poll})
			now := at(0)
			s.trigger(Trigger{Source: Startup}, now)
			for i, seconds := range test.waits {
				s.fetched(s.current.ID, outcome{failure: unreachable}, now)
				is.Equal(s.failures, i+1)
				wait := s.nextAttempt.Sub(now).Seconds()
				is.True(wait >= seconds*0.9 && wait <= seconds*1.1)
				is.True(!s.tick(s.nextAttempt.Add(-1)).fetch) // not before its time
				now = s.nextAttempt
				is.True(s.tick(now).fetch)
				is.Equal(s.current.Trigger.Source, Poll)
			}
			s.fetched(s.current.ID, outcome{desired: desired("r")}, now)
			is.Equal(s.failures, 0)
			is.Equal(s.nextAttempt.IsZero(), test.poll == 0)
		})
	}
}

func TestRetryAfterIsHonouredWithinAnHour(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		90 * time.Second: 90 * time.Second,
		24 * time.Hour:   time.Hour,
	} {
		is := is.New(t)
		s := testState(Settings{})
		s.trigger(Trigger{Source: Startup}, at(0))
		s.fetched(s.current.ID, outcome{failure: &Failure{Code: CodeUnreachable, RetryAfter: asked}}, at(0))
		is.Equal(s.nextAttempt, at(0).Add(want))
		_, effects := s.trigger(Trigger{Source: Manual}, at(1))
		is.True(effects.fetch) // a trigger does not wait for it
	}
}

func TestFailureKeepsTheSnapshot(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	s.trigger(Trigger{Source: Startup}, at(0))
	s.fetched(s.current.ID, outcome{desired: desired("r1", "web", "h1")}, at(1))
	before := s.snapshot
	s.trigger(Trigger{Source: Manual}, at(2))
	effects := s.fetched(s.current.ID, outcome{failure: &Failure{Code: CodeAuth, Message: "refused"}}, at(3))
	is.Equal(s.snapshot, before)
	is.True(!effects.changed)
	view := s.view()
	last, _ := view.Last()
	is.Equal(last.Failure.Code, CodeAuth)
	is.Equal(last.Duration, time.Second)
	is.Equal(view.LastSuccess.Revision, "r1")
	is.Equal(view.Failures, 1)
}

func TestPollIsMeasuredFromTheEndOfARefresh(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{PollInterval: time.Minute})
	s.trigger(Trigger{Source: Startup}, at(0))
	is.True(s.nextAttempt.IsZero()) // no poll while a refresh runs, so none overlaps
	s.fetched(s.current.ID, outcome{desired: desired("r")}, at(100))
	wait := s.nextAttempt.Sub(at(100))
	is.True(wait >= 54*time.Second && wait <= 66*time.Second)
}

func TestTotalsCountBySourceAndOutcome(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	s.trigger(Trigger{Source: Startup}, at(0))
	s.fetched(s.current.ID, outcome{failure: errUnreachable}, at(0.01))
	before := s.view().Totals
	for range 2 {
		s.trigger(Trigger{Source: Webhook}, at(1))
		s.trigger(Trigger{Source: Manual}, at(1))
		s.trigger(Trigger{Source: Webhook}, at(1)) // takes the manual one's place
		s.fetched(s.current.ID, outcome{desired: desired("r")}, at(1.15))
		s.fetched(s.current.ID, outcome{desired: desired("r")}, at(1000))
	}
	totals := s.view().Totals
	is.Equal(totals.Replaced, uint64(2))
	is.Equal(len(totals.Ended), 2)
	is.Equal(totals.Ended[0], before.Ended[0]) // the failure that was counted first
	is.Equal(before.Ended[0], EndedTotal{Startup, Failed, 1, 10 * time.Millisecond, []uint64{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}})
	completed := totals.Ended[1]
	is.Equal(completed.Source, Webhook)
	is.Equal(completed.Outcome, Completed)
	is.Equal(completed.Count, uint64(4))
	is.Equal(completed.Within, []uint64{0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2}) // two took more than two minutes
}

func TestRefreshAfterAFailureExpectsWhatTheFailedOneDid(t *testing.T) {
	is := is.New(t)
	push := Trigger{Source: Webhook, Expected: "b", Stale: []string{"a"}}
	s := testState(Settings{})
	pushed, _ := s.trigger(push, at(0))
	s.fetched(pushed.ID, outcome{failure: errUnreachable}, at(1))
	s.tick(at(10))
	is.Equal(s.current.Trigger, Trigger{Source: Poll, ReceivedAt: at(10), Expected: "b", Stale: []string{"a"}})
	s.fetched(s.current.ID, outcome{failure: errUnreachable}, at(11)) // and so does the one after a second failure
	newer, _ := s.trigger(Trigger{Source: Webhook, Expected: "c", Stale: []string{"b"}}, at(12))
	is.Equal(newer.Trigger.Expected, "c")
	is.Equal(newer.Trigger.Stale, []string{"a", "b"})
	s.fetched(newer.ID, outcome{desired: desired("c")}, at(13))
	next, _ := s.trigger(Trigger{Source: Manual}, at(14))
	is.Equal(next.Trigger, Trigger{Source: Manual}) // what is met is expected no more
}

func TestQueuedRefreshExpectsWhatTheFailedOneDid(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	pushed, _ := s.trigger(Trigger{Source: Webhook, Expected: "b", Stale: []string{"a"}}, at(0))
	s.trigger(Trigger{Source: Manual}, at(1))
	s.fetched(pushed.ID, outcome{failure: errUnreachable}, at(2))
	is.Equal(s.current.Trigger, Trigger{Source: Manual, Expected: "b", Stale: []string{"a"}})
}

func TestRefreshThatAnAbandonedFetchFailsIsNotForgotten(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	hanging, _ := s.trigger(Trigger{Source: Startup}, at(0))
	s.trigger(Trigger{Source: Webhook, Expected: "b", Stale: []string{"a"}}, at(1))
	s.overdue(at(2)) // the queued one begins, and fails at once
	is.Equal(s.current.ID, "")
	s.fetched(hanging.ID, outcome{desired: desired("a")}, at(3)) // the abandoned fetch comes back
	s.tick(at(60))
	is.Equal(s.current.Trigger.Expected, "b")
	is.Equal(s.current.Trigger.Stale, []string{"a"})
}

func TestPauseThatAHostAskedForOutlivesACompletedRefresh(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{PollInterval: time.Minute})
	refresh, _ := s.trigger(Trigger{Source: Manual}, at(0))
	s.fetched(refresh.ID, outcome{desired: desired("a"), retryAfter: 10 * time.Minute}, at(1))
	is.Equal(s.nextAttempt, at(1+600))
	refresh, _ = s.trigger(Trigger{Source: Manual}, at(2))
	s.fetched(refresh.ID, outcome{desired: desired("a"), retryAfter: 24 * time.Hour}, at(3))
	is.Equal(s.nextAttempt, at(3+3600)) // no host stops the polls for longer than an hour
}

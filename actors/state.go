package actors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	historySize  = 100
	replacedSize = 1000
)

// state is all that the refresh actor knows. The loop alone owns it. Each method folds one message into it and gets the
// time from its caller. Methods start nothing and wait for nothing; they return what the loop has to carry out.
//
// Invariants: a fetch for current runs exactly while current is set; nothing is queued while nothing is current;
// nextAttempt is zero while something is current.
type state struct {
	settings Settings
	random   *rand.Rand
	instance string // prefix of the ids, so that no two processes give the same id
	serial   int

	desired  DesiredState // what the source returned last
	snapshot Snapshot

	current  Refresh // the one that runs; without an ID there is none
	queued   Refresh // the single slot; without an ID it is empty
	ended    []Refresh
	replaced map[string]string // id of a replaced refresh → id of the one that took its place
	order    []string          // keys of replaced, oldest first

	// unmet is the trigger of a refresh that failed, while no refresh has completed since: what it expected is still awaited.
	unmet Trigger

	lastSuccess Refresh
	failures    int
	nextAttempt time.Time
	totals      Totals
	accepted    accepted
	abandoned   Refresh // its fetch ran out of time and has not come back; without an ID there is none

	file saving
}

// effects are what the loop has to do after a message, beside answering it.
type effects struct {
	fetch   bool      // start a fetch for current
	save    bool      // start a write of the snapshot
	ended   []Refresh // tell the callers that wait for these, oldest first
	notices []notice  // for the log
	hints   []string  // for the log
	held    int       // stacks whose removal is held from now on
	// released are the stacks that were held and that the refresh releases, because of the limit at the start.
	released int
	warning  string // for the log: the source's, if it is a new one
	changed  bool   // the snapshot has changed
}

func newState(settings Settings, saves bool, restored Snapshot, instance string, random *rand.Rand) *state {
	restored.Version = 0
	if restored.Revision != "" {
		restored.Version = 1 // the file holds this version
	}
	if restored.Origin == (Origin{}) { // a file that does not tell is taken for one of the same origin
		restored.Origin = settings.Origin
	}
	return &state{
		settings: settings,
		random:   random,
		instance: instance,
		snapshot: restored,
		replaced: make(map[string]string),
		file:     saving{on: saves, saved: restored.Version},
	}
}

// trigger accepts a request for a refresh. It starts one if none runs, and otherwise queues one; the new one replaces a
// queued one.
func (s *state) trigger(t Trigger, now time.Time) (Refresh, effects) {
	s.serial++
	refresh := Refresh{ID: fmt.Sprintf("%s-%d", s.instance, s.serial), Phase: Queued, Trigger: t}
	if s.current.ID == "" {
		refresh.Trigger = t.inherit(s.unmet)
		effects := s.begin(refresh, now)
		accepted, _ := s.lookup(refresh.ID) // begin may have failed it at once
		return accepted, effects
	}
	if s.queued.ID != "" {
		refresh.Replaces = s.queued.ID
		s.totals.Replaced++
		refresh.Trigger = t.inherit(s.queued.Trigger)
		s.remember(s.queued.ID, refresh.ID)
	}
	s.queued = refresh
	return refresh, effects{}
}

// remember notes which refresh replaced another one. It keeps the newest replacedSize notes.
func (s *state) remember(id, successor string) {
	s.replaced[id] = successor
	s.order = append(s.order, id)
	if len(s.order) > replacedSize {
		delete(s.replaced, s.order[0])
		s.order = slices.Delete(s.order, 0, 1)
	}
}

// lookup finds a refresh by its id, or the one that took its place.
func (s *state) lookup(id string) (Refresh, error) {
	for successor, ok := s.replaced[id]; ok; successor, ok = s.replaced[id] {
		id = successor
	}
	switch id {
	case "":
		return Refresh{}, ErrRefreshNotFound
	case s.current.ID:
		return s.current, nil
	case s.queued.ID:
		return s.queued, nil
	}
	i := slices.IndexFunc(s.ended, func(r Refresh) bool { return r.ID == id })
	if i < 0 {
		return Refresh{}, ErrRefreshNotFound
	}
	return s.ended[i], nil
}

// begin makes a refresh the current one. While an abandoned fetch has not returned, no other fetch can start, and the
// refresh fails at once.
func (s *state) begin(refresh Refresh, now time.Time) effects {
	refresh.Phase = Refreshing
	refresh.StartedAt = now
	s.current = refresh
	s.nextAttempt = time.Time{}
	if s.abandoned.ID != "" {
		return s.fail(&Failure{
			Code:    CodeTimeout,
			Message: fmt.Sprintf("the fetch of refresh %s ran out of time and has not come back yet", s.abandoned.ID),
		}, now)
	}
	return effects{fetch: true}
}

// outcome is the result of a fetch: a desired state, or a failure.
type outcome struct {
	desired DesiredState
	failure *Failure
	// retryAfter is how long the host asked to be left alone, although there is a desired state; or zero.
	retryAfter time.Duration
}

// fetched takes the outcome of a fetch. It drops an outcome that comes after the refresh has failed with CodeTimeout.
func (s *state) fetched(id string, o outcome, now time.Time) effects {
	if id == s.abandoned.ID {
		s.abandoned = Refresh{}
	}
	switch {
	case id != s.current.ID:
		return effects{}
	case o.failure != nil:
		return s.fail(o.failure, now)
	default:
		return s.complete(o, now)
	}
}

// overdue fails the current refresh because its fetch has not returned by the deadline, and abandons that fetch.
func (s *state) overdue(now time.Time) effects {
	if s.current.ID == "" {
		return effects{}
	}
	s.abandoned = s.current
	return s.fail(timedOut(s.settings.RefreshTimeout), now)
}

// fetching is the refresh that the running fetch belongs to: the current one, or the one whose fetch is abandoned.
func (s *state) fetching() Refresh {
	if s.abandoned.ID != "" {
		return s.abandoned
	}
	return s.current
}

// tick starts the next automatic refresh, and tries again to write the file, when their times have come.
func (s *state) tick(now time.Time) effects {
	var e effects
	if isDue(s.nextAttempt, now) {
		_, e = s.trigger(Trigger{Source: Poll, ReceivedAt: now}, now)
	}
	if isDue(s.file.again, now) {
		e.save = s.beginWrite()
	}
	return e
}

func isDue(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// nextTick is when tick has something to do; zero when nothing is planned.
func (s *state) nextTick() time.Time {
	refresh, write := s.nextAttempt, s.file.again
	if refresh.IsZero() || !write.IsZero() && write.Before(refresh) {
		return write
	}
	return refresh
}

func (s *state) fail(failure *Failure, now time.Time) effects {
	s.current.Phase = Failed
	s.current.Failure = failure
	s.failures++
	s.nextAttempt = now.Add(max(s.jitter(s.backoff()), min(failure.RetryAfter, longestPause)))
	s.unmet = s.current.Trigger
	if s.queued.ID != "" {
		s.queued.Trigger = s.queued.Trigger.inherit(s.unmet)
	}
	return s.end(effects{}, now)
}

func (s *state) complete(o outcome, now time.Time) effects {
	var e effects
	desired := o.desired
	s.current.Phase = Completed
	s.current.Revision = desired.Revision
	if desired.Revision != s.desired.Revision {
		e.notices, e.hints = notices(s.desired, desired), newHints(s.desired, desired)
		next, changes, changed := merge(s.snapshot, desired, s.guard(), now)
		s.current.Changes = changes
		if changed {
			e.held, e.released = compareHolds(s.snapshot, next)
			s.snapshot, e.changed = next, true
			e.save = s.beginWrite()
		} else {
			s.snapshot.Stacks = next.Stacks // they are equal, and the old ones need memory of their own
		}
	}
	if desired.Warning != s.desired.Warning {
		e.warning = desired.Warning
	}
	s.desired = desired
	s.failures, s.unmet = 0, Trigger{}
	s.nextAttempt = time.Time{}
	if s.settings.PollInterval > 0 {
		s.nextAttempt = now.Add(max(s.jitter(s.settings.PollInterval), min(o.retryAfter, longestPause)))
	}
	return s.end(e, now)
}

// end moves the current refresh into the history and lets the queued one begin.
func (s *state) end(e effects, now time.Time) effects {
	s.current.FinishedAt = now
	s.current.Duration = now.Sub(s.current.StartedAt)
	ended := s.current
	if ended.Phase == Completed {
		s.lastSuccess = ended
	}
	s.totals = s.totals.count(ended)
	// A new slice each time: views hold the old one.
	s.ended = slices.Concat([]Refresh{ended}, s.ended[:min(len(s.ended), historySize-1)])
	e.ended = append(e.ended, ended)
	next := s.queued
	s.current, s.queued = Refresh{}, Refresh{}
	if next.ID != "" {
		begun := s.begin(next, now)
		e.fetch = begun.fetch
		e.ended = append(e.ended, begun.ended...)
	}
	return e
}

// view returns what readers may see. The loop adds View.Changed.
func (s *state) view() View {
	return View{
		Snapshot:    s.snapshot,
		Desired:     s.desired,
		Origin:      s.settings.Origin,
		LastSuccess: s.lastSuccess,
		Failures:    s.failures,
		NextAttempt: s.nextAttempt,
		Totals:      s.totals,
		current:     s.current,
		queued:      s.queued,
		ended:       s.ended,
	}
}

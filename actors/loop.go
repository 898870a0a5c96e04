package actors

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	mathrand "math/rand/v2"
	"time"
)

const (
	// comeBack is how long a fetch may take to come back after its time is over before it is given up.
	comeBack = 250 * time.Millisecond
	// stopGrace is how long a stop waits for a fetch to come back.
	stopGrace = 2 * time.Second
)

// loop is the refresh actor: its goroutine owns all that is in here, and no other touches it.
type loop struct {
	triggers <-chan triggerMessage   // from handlers and main → loop
	leavers  <-chan chan<- Refresh   // from handlers and main → loop
	lookups  <-chan question[string] // from handlers → loop
	reports  <-chan question[Report] // from handlers → loop
	forgets  <-chan question[string] // from handlers → loop
	views    chan<- View             // from loop → handlers and the exporter
	done     chan struct{}           // closed when all who waited are answered

	state      *state
	source     Source
	log        *slog.Logger
	changed    chan struct{} // closed when the snapshot is another one; each view carries it
	superseded chan struct{} // closed before anyone is told of something new; each view carries it

	awaitCurrent waiters
	awaitQueued  waiters

	fetched  <-chan fetchedMessage // from the worker → loop; nil while none is out
	giveUp   context.CancelFunc    // ends the worker's context
	deadline *time.Timer           // the worker should be back
	tick     *time.Timer           // the next automatic refresh is due
}

// waiters are the reply channels, each of capacity 1, of those who wait for the end of a refresh.
type waiters map[chan<- Refresh]struct{}

func (w waiters) answer(refresh Refresh) {
	for ended := range w {
		ended <- refresh // never blocks: capacity 1, answered once
	}
}

// New returns the handle on a new refresh actor and the function that runs it until its context ends. The actor starts
// from a restored snapshot, or from the zero one, and refreshes when it is triggered, by its own clock from the end of
// the first refresh on.
func New(settings Settings, source Source, restored Snapshot, log *slog.Logger) (*Refresher, func(context.Context)) {
	handle, l := newLoop(settings, source, restored, log)
	return handle, l.run
}

func newLoop(settings Settings, source Source, restored Snapshot, log *slog.Logger) (*Refresher, *loop) {
	triggers := make(chan triggerMessage)
	leavers := make(chan chan<- Refresh)
	lookups := make(chan question[string])
	views := make(chan View)
	reports := make(chan question[Report])
	forgets := make(chan question[string])
	done := make(chan struct{})
	handle := &Refresher{triggers, leavers, lookups, reports, forgets, views, done}
	random := mathrand.New(mathrand.NewPCG(mathrand.Uint64(), mathrand.Uint64()))
	l := &loop{
		triggers: triggers, leavers: leavers, lookups: lookups, reports: reports, forgets: forgets, views: views,
		done:         done,
		state:        newState(settings, restored, newInstance(), random),
		source:       source,
		log:          log,
		changed:      make(chan struct{}),
		superseded:   make(chan struct{}),
		awaitCurrent: make(waiters),
		awaitQueued:  make(waiters),
	}
	return handle, l
}

func newInstance() string {
	var id [4]byte
	rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// run folds one message after another into the state and carries out what follows, until the context ends.
func (l *loop) run(ctx context.Context) {
	l.giveUp = func() {}
	l.deadline, l.tick = stoppedTimer(), stoppedTimer()
	defer l.deadline.Stop()
	defer l.tick.Stop()
	for {
		select {
		case m := <-l.triggers:
			l.supersede()
			l.trigger(ctx, m)
		case ended := <-l.leavers:
			delete(l.awaitCurrent, ended)
			delete(l.awaitQueued, ended)
		case q := <-l.lookups:
			l.lookup(q)
		case l.views <- l.view():
		case q := <-l.reports:
			l.supersede()
			stack, effects, err := l.state.report(q.about, time.Now())
			l.logDeployer("stack reported", stack, effects)
			l.carryOut(ctx, effects)
			q.reply <- answer{stack: stack, err: err}
		case q := <-l.forgets:
			l.supersede()
			stack, effects, err := l.state.forget(q.about, time.Now())
			l.logDeployer("stack forgotten", stack, effects)
			l.carryOut(ctx, effects)
			q.reply <- answer{stack: stack, err: err}
		case m := <-l.fetched:
			l.supersede()
			l.fetchIsOver()
			if m.outcome.failure != nil && ctx.Err() != nil {
				l.stop() // which ended the fetch: it has not failed
				return
			}
			l.carryOut(ctx, l.state.fetched(m.id, m.outcome, time.Now()))
		case <-l.deadline.C:
			l.supersede()
			l.giveUp()
			l.carryOut(ctx, l.state.overdue(time.Now()))
		case <-l.tick.C:
			l.supersede()
			l.carryOut(ctx, l.state.tick(time.Now()))
		case <-ctx.Done():
			l.stop()
			return
		}
	}
}

func stoppedTimer() *time.Timer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return timer
}

// view is what readers get.
func (l *loop) view() View {
	view := l.state.view()
	view.Changed, view.Validity = l.changed, l.superseded
	return view
}

// supersede takes the word back of every view that is out. It comes before all else that a message does, so that who
// has been told of something new finds it in whatever view still holds.
func (l *loop) supersede() {
	close(l.superseded)
	l.superseded = make(chan struct{})
}

// trigger answers with the refresh as accepted. Whoever waits for its end waits with the slot that it is in, and so for
// whichever refresh that slot comes to hold.
func (l *loop) trigger(ctx context.Context, m triggerMessage) {
	refresh, effects := l.state.trigger(m.trigger, time.Now())
	switch {
	case m.ended == nil:
	case refresh.Ended():
		m.ended <- refresh // never blocks: capacity 1, answered once
	case refresh.Phase == Queued:
		l.awaitQueued[m.ended] = struct{}{}
	default:
		l.awaitCurrent[m.ended] = struct{}{}
	}
	m.reply <- answer{refresh: refresh}
	l.logQueued(refresh)
	l.carryOut(ctx, effects)
}

func (l *loop) lookup(q question[string]) {
	refresh, found := l.state.lookup(q.about)
	if !found {
		q.reply <- answer{err: ErrRefreshNotFound}
		return
	}
	q.reply <- answer{refresh: refresh}
}

// carryOut does what a message asks for, and arms the timer for the next automatic refresh.
func (l *loop) carryOut(ctx context.Context, e effects) {
	for _, refresh := range e.ended {
		l.logEnded(refresh, e)
		l.awaitCurrent.answer(refresh)
		l.awaitCurrent, l.awaitQueued = l.awaitQueued, make(waiters)
	}
	if e.changed {
		close(l.changed)
		l.changed = make(chan struct{})
	}
	if e.fetch {
		l.startFetch(ctx)
	}
	if next := l.state.nextAttempt; next.IsZero() {
		l.tick.Stop()
	} else {
		l.tick.Reset(time.Until(next))
	}
}

// startFetch starts the worker of the current refresh: the one place where a fetch begins. The state sees to it that
// there is never a second one.
func (l *loop) startFetch(ctx context.Context) {
	limit := l.state.settings.RefreshTimeout
	ctx, l.giveUp = context.WithTimeout(ctx, limit)
	l.deadline.Reset(limit + comeBack)
	refresh := l.state.current
	log := l.logStarted(refresh)
	w := worker{source: l.source, previous: l.state.desired, trigger: refresh.Trigger, limit: limit, log: log}
	fetched := make(chan fetchedMessage, 1)
	l.fetched = fetched
	// Ends when the source comes back, which it does when ctx ends. The loop waits for it, or at the end its stop; one
	// that never comes back is given up by both, and its message is dropped with the channel.
	go func() { fetched <- fetchedMessage{refresh.ID, w.fetch(ctx)} }()
}

// fetchIsOver lets go of what a fetch holds.
func (l *loop) fetchIsOver() {
	l.fetched = nil
	l.giveUp()
	l.deadline.Stop()
}

// stop answers all who wait with the refresh as it stands, lets every later caller know, and gives a fetch that is out
// the time to come back: its context has ended with the loop's.
func (l *loop) stop() {
	l.supersede()
	l.awaitCurrent.answer(l.state.current)
	l.awaitQueued.answer(l.state.queued)
	close(l.done)
	if l.fetched == nil {
		return
	}
	l.deadline.Reset(stopGrace)
	select {
	case <-l.fetched:
	case <-l.deadline.C:
		log := l.about(l.state.fetching(), l.state.snapshot.Revision)
		log.Warn("a fetch did not come back in time and is left behind")
	}
	l.giveUp()
}

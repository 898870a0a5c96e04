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
	// comeBack is how long a fetch may take to return after its time is over, before the loop abandons it.
	comeBack = 250 * time.Millisecond
	// stopGrace is how long a stop waits for a fetch to return.
	stopGrace = 2 * time.Second
	// lastWrite is how long a stop waits for the snapshot file before it lets all callers go.
	lastWrite = time.Second
)

// loop is the refresh actor. Its goroutine owns everything in here, and no other goroutine touches it.
type loop struct {
	triggers <-chan question[request, Refresh]  // from handlers and main → loop
	leavers  <-chan chan<- Refresh              // from handlers and main → loop
	lookups  <-chan question[string, Refresh]   // from handlers → loop
	reports  <-chan question[Report, Stack]     // from handlers → loop
	forgets  <-chan question[string, Stack]     // from handlers → loop
	releases <-chan question[Release, []string] // from handlers → loop
	views    chan<- View                        // from loop → handlers
	done     chan struct{}                      // closed when all callers that waited are answered

	state   *state
	version uint64 // counts the messages that may have changed the state; each view carries it
	source  Source
	file    SnapshotFile
	log     *slog.Logger
	changed chan struct{} // View.Changed of the current views; closed when the snapshot changes

	awaitCurrent waiters
	awaitQueued  waiters
	unsaved      []unsavedAnswer

	writeErr error                 // why the last write failed; nil after a good one
	fetched  <-chan fetchedMessage // from the fetch worker → loop; nil while no fetch runs
	written  <-chan writtenMessage // from the write worker → loop; nil while no write runs
	giveUp   context.CancelFunc    // ends the fetch worker's context
	deadline *time.Timer           // the fetch worker should have returned
	tick     *time.Timer           // the next automatic refresh, or the next try to write the file, is due
}

// waiters are the reply channels of the callers that wait for the end of a refresh. Each has capacity 1.
type waiters map[chan<- Refresh]struct{}

func (w waiters) tell(refresh Refresh) {
	for ended := range w {
		ended <- refresh // never blocks: capacity 1, answered once
	}
}

// New returns the handle on a new refresh actor, and the function that runs the actor until its context ends. The actor
// starts from a restored snapshot, or from the zero one. It refreshes when it is triggered, and by its own clock once
// the first refresh has ended. It keeps the newest snapshot in the file, if file has a path.
//
// The function returns ErrNotSaved, wrapped, when the file does not hold the last snapshot at the end.
func New(
	settings Settings, source Source, file SnapshotFile, restored Snapshot, log *slog.Logger,
) (*Refresher, func(context.Context) error) {
	handle, l := newLoop(settings, source, file, restored, log)
	return handle, l.run
}

func newLoop(
	settings Settings, source Source, file SnapshotFile, restored Snapshot, log *slog.Logger,
) (*Refresher, *loop) {
	triggers := make(chan question[request, Refresh])
	leavers := make(chan chan<- Refresh)
	lookups := make(chan question[string, Refresh])
	views := make(chan View)
	reports := make(chan question[Report, Stack])
	forgets := make(chan question[string, Stack])
	releases := make(chan question[Release, []string])
	done := make(chan struct{})
	handle := &Refresher{triggers, leavers, lookups, reports, forgets, releases, views, done}
	random := mathrand.New(mathrand.NewPCG(mathrand.Uint64(), mathrand.Uint64()))
	l := &loop{
		triggers: triggers, leavers: leavers, lookups: lookups, reports: reports, forgets: forgets, releases: releases,
		views: views, done: done,
		state:        newState(settings, file.Path != "", restored, newInstance(), random),
		source:       source,
		file:         file,
		log:          log,
		changed:      make(chan struct{}),
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

// run folds one message after another into the state, and carries out what follows from each, until the context ends.
func (l *loop) run(ctx context.Context) error {
	l.giveUp = func() {}
	l.deadline, l.tick = stoppedTimer(), stoppedTimer()
	defer l.deadline.Stop()
	defer l.tick.Stop()
	for {
		select {
		case q := <-l.triggers:
			l.trigger(ctx, q)
		case ended := <-l.leavers:
			delete(l.awaitCurrent, ended)
			delete(l.awaitQueued, ended)
		case q := <-l.lookups:
			refresh, err := l.state.lookup(q.about)
			q.answer(refresh, err)
		case l.views <- l.view():
		case q := <-l.reports:
			stack, effects, err := l.state.report(q.about, time.Now())
			l.logDeployer("stack reported", stack, effects)
			l.carryOut(ctx, effects)
			answerWhenSaved(l, q.reply, stack, err, err != nil)
		case q := <-l.forgets:
			stack, effects, err := l.state.forget(q.about, time.Now())
			l.logDeployer("stack forgotten", stack, effects)
			l.carryOut(ctx, effects)
			// An older file may still have a stack that is not found.
			answerWhenSaved(l, q.reply, stack, err, err != nil && err != ErrStackNotFound)
		case q := <-l.releases:
			paths, effects, err := l.state.release(q.about, time.Now())
			l.logReleased(paths, effects)
			l.carryOut(ctx, effects)
			// An older file may still have removals that are held.
			answerWhenSaved(l, q.reply, paths, err, err == ErrOtherRevision)
		case m := <-l.fetched:
			l.fetchIsOver()
			if m.outcome.failure != nil && ctx.Err() != nil {
				return l.stop() // the stop ended the fetch, so the refresh has not failed
			}
			l.carryOut(ctx, l.state.fetched(m.id, m.outcome, time.Now()))
		case m := <-l.written:
			l.carryOut(ctx, l.writeIsOver(m))
		case <-l.deadline.C:
			l.giveUp()
			l.carryOut(ctx, l.state.overdue(time.Now()))
		case <-l.tick.C:
			l.carryOut(ctx, l.state.tick(time.Now()))
		case <-ctx.Done():
			return l.stop()
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
	view.Version, view.Changed = l.version, l.changed
	return view
}

// trigger answers with the refresh as it was accepted. A caller that waits for the end joins the waiters of the running
// or of the queued refresh. If another refresh replaces the queued one, the waiters stay and wait for that one.
func (l *loop) trigger(ctx context.Context, q question[request, Refresh]) {
	refresh, effects, err := l.state.accept(q.about.trigger, time.Now())
	if err != nil {
		q.answer(Refresh{}, err)
		return
	}
	switch ended := q.about.ended; {
	case ended == nil:
	case refresh.Ended():
		ended <- refresh // never blocks: capacity 1, answered once
	case refresh.Phase == Queued:
		l.awaitQueued[ended] = struct{}{}
	default:
		l.awaitCurrent[ended] = struct{}{}
	}
	q.answer(refresh, nil)
	l.logQueued(refresh)
	l.carryOut(ctx, effects)
}

// carryOut carries out the effects of a message, and sets the timer for the next tick.
func (l *loop) carryOut(ctx context.Context, e effects) {
	l.version++
	for _, refresh := range e.ended {
		l.logEnded(refresh, e)
		l.awaitCurrent.tell(refresh)
		l.awaitCurrent, l.awaitQueued = l.awaitQueued, make(waiters)
	}
	if e.changed {
		close(l.changed)
		l.changed = make(chan struct{})
	}
	if e.fetch {
		l.startFetch(ctx)
	}
	if e.save {
		l.startWrite()
	}
	if next := l.state.nextTick(); next.IsZero() {
		l.tick.Stop()
	} else {
		l.tick.Reset(time.Until(next))
	}
}

// startFetch starts the worker of the current refresh. No fetch begins anywhere else, and the state asks for none while
// one runs.
func (l *loop) startFetch(ctx context.Context) {
	limit := l.state.settings.RefreshTimeout
	ctx, l.giveUp = context.WithTimeout(ctx, limit)
	l.deadline.Reset(limit + comeBack)
	refresh := l.state.current
	log := l.logStarted(refresh)
	w := worker{source: l.source, previous: l.state.desired, trigger: refresh.Trigger, limit: limit, log: log}
	fetched := make(chan fetchedMessage, 1)
	l.fetched = fetched
	// Ends when the source returns; the source must return when ctx ends. The loop waits for it, and a stop waits for
	// up to stopGrace. If the source never returns, both abandon it, and nobody receives the message.
	go func() { fetched <- fetchedMessage{refresh.ID, w.fetch(ctx)} }()
}

// fetchIsOver releases the channel, the context and the timer of a fetch.
func (l *loop) fetchIsOver() {
	l.fetched = nil
	l.giveUp()
	l.deadline.Stop()
}

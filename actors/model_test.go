package actors

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// queueModel drives an actor with any sequence of triggers, ends, failures, departures and pauses, and checks the
// invariants after each.
type queueModel struct {
	running
	begun    int              // fetches that have begun
	underWay *fetch           // the one that has not been answered
	waiting  map[int]departer // callers who wait, by a number of their own
	callers  int
	// lastTrigger is how many fetches had begun when the last trigger was accepted; -1 before the first one.
	lastTrigger int
}

type departer struct {
	served <-chan Refresh
	leave  context.CancelFunc
}

// look notes the fetch that is under way, if there is one, and checks the invariants.
func (m *queueModel) look(t *rapid.T) {
	synctest.Wait()
	select {
	case f := <-m.fetches:
		if m.underWay != nil {
			t.Fatal("two fetches at once")
		}
		m.begun++
		m.underWay = &f
		synctest.Wait()
	default:
	}
	view := m.view()
	_, runs := view.Current()
	_, waits := view.Queued()
	switch {
	case runs != (m.underWay != nil):
		t.Fatalf("a refresh runs: %v; a fetch is under way: %v", runs, m.underWay != nil)
	case waits && !runs:
		t.Fatal("a refresh is queued while none runs")
	case runs && !view.NextAttempt.IsZero():
		t.Fatal("a poll is planned while a refresh runs")
	}
	for id, caller := range m.waiting {
		select {
		case refresh := <-caller.served:
			if !refresh.Ended() {
				t.Fatalf("a caller who waited was answered with a refresh that is %s", refresh.Phase)
			}
			caller.leave()
			delete(m.waiting, id)
		default:
			if !runs {
				t.Fatal("nothing runs and a caller still waits")
			}
		}
	}
}

func (m *queueModel) triggerOne(t *rapid.T) {
	m.lastTrigger = m.begun
	m.trigger(rapid.SampledFrom([]TriggerSource{Webhook, Manual}).Draw(t, "source"))
	m.look(t)
}

func (m *queueModel) triggerAndWait(t *rapid.T) {
	ctx, leave := context.WithCancel(m.t.Context())
	m.lastTrigger = m.begun
	m.callers++
	m.waiting[m.callers] = departer{m.waits(ctx, Trigger{Source: Manual}), leave}
	m.look(t)
}

func (m *queueModel) depart(t *rapid.T) {
	if len(m.waiting) == 0 {
		t.Skip("nobody waits")
	}
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(m.waiting))).Draw(t, "caller")
	caller := m.waiting[id]
	delete(m.waiting, id)
	caller.leave()
	<-caller.served // the call returns, whatever the actor does
	m.look(t)
}

func (m *queueModel) end(t *rapid.T) {
	if m.underWay == nil {
		t.Skip("nothing is under way")
	}
	answer := m.underWay.answer
	m.underWay = nil
	switch rapid.SampledFrom([]string{"completed", "failed", "panicked"}).Draw(t, "end") {
	case "completed":
		answer <- result{desired: desired(fmt.Sprint("r", m.begun))}
	case "failed":
		answer <- result{err: errUnreachable}
	default:
		answer <- result{err: errPanic}
	}
	m.look(t)
}

func (m *queueModel) pass(t *rapid.T) {
	time.Sleep(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second) // the bubble's time
	m.look(t)
}

func TestAnySequenceOfTriggersKeepsTheQueuesPromises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The deadline of the test is not in the bubble's time, so rapid must not see it.
		rapid.Check(struct{ rapid.TB }{t}, func(rt *rapid.T) {
			m := &queueModel{
				running: run(t, Settings{PollInterval: time.Minute, RefreshTimeout: time.Hour}),
				waiting: make(map[int]departer), lastTrigger: -1,
			}
			defer func() { m.stop(); <-m.stopped }()
			rt.Repeat(map[string]func(*rapid.T){
				"trigger":          m.triggerOne,
				"trigger and wait": m.triggerAndWait,
				"depart":           m.depart,
				"end":              m.end,
				"pass":             m.pass,
			})
			m.drain(rt)
		})
	})
}

// drain ends the running and the queued refresh, and checks that a fetch began after the last trigger.
func (m *queueModel) drain(t *rapid.T) {
	for m.look(t); m.underWay != nil; m.look(t) {
		m.underWay.answer <- result{desired: desired("last")}
		m.underWay = nil
	}
	if m.lastTrigger >= 0 && m.begun <= m.lastTrigger {
		t.Fatalf("%d fetches had begun at the last trigger, and %d at the end", m.lastTrigger, m.begun)
	}
	if len(m.waiting) > 0 {
		t.Fatalf("%d callers still wait at the end", len(m.waiting))
	}
}

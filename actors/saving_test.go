package actors

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// savingModel drives the core with any sequence of changes and ends of writes.
type savingModel struct {
	*state
	seconds float64
	out     uint64 // version that the running write writes; 0 while none runs
}

// take starts a write if a message asked for one.
func (m *savingModel) take(t *rapid.T, e effects) {
	if e.save {
		if m.out != 0 {
			t.Fatal("two writes at once")
		}
		m.out = m.snapshot.Version
	}
}

func (m *savingModel) reportOne(t *rapid.T) {
	status := rapid.SampledFrom([]Status{Missing, Syncing}).Draw(t, "status")
	_, e, _ := m.report(Report{Path: "web", Status: status}, at(m.seconds))
	m.take(t, e)
}

func (m *savingModel) refresh(t *rapid.T) {
	revision := rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "revision")
	m.trigger(Trigger{Source: Manual}, at(m.seconds))
	m.take(t, m.fetched(m.current.ID, outcome{desired: desired(revision, "web", "h")}, at(m.seconds)))
}

func (m *savingModel) endWrite(t *rapid.T) {
	if m.out == 0 {
		t.Skip("no write runs")
	}
	var err error
	if rapid.Bool().Draw(t, "fails") {
		err = errors.New("no space left on device")
	}
	version := m.out
	m.out = 0
	m.take(t, m.written(version, err, at(m.seconds)))
}

func (m *savingModel) pass(t *rapid.T) {
	m.seconds += rapid.Float64Range(0, 20).Draw(t, "seconds")
	m.take(t, m.tick(at(m.seconds)))
}

func TestNoChangeIsLeftUnwrittenWithoutAPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &savingModel{state: testState(Settings{})}
		m.file.on = true
		t.Repeat(map[string]func(*rapid.T){
			"report": m.reportOne, "refresh": m.refresh, "end of a write": m.endWrite, "pass": m.pass,
			"": func(t *rapid.T) {
				holds, planned := m.file.holds(m.snapshot), !m.file.again.IsZero()
				switch {
				case (m.out != 0) != (m.file.writing != 0):
					t.Fatal("the state does not know whether a write runs")
				case m.out != 0 && planned:
					t.Fatal("a write runs and another is planned")
				case !holds && m.out == 0 && !planned:
					t.Fatal("the file is behind, and nothing will write it")
				case m.file.saved > m.snapshot.Version:
					t.Fatal("the file holds what never was")
				}
			},
		})
	})
}

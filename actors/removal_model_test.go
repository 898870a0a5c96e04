package actors

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// removalModel drives the core with any sequence of refreshes, reports, releases and restarts. It looks at each step
// for itself: it does not know how the guard decides.
type removalModel struct {
	*state
	seconds float64
	inGit   map[string]bool
	serial  int
}

func removalPaths() []string { return []string{"a", "b", "c", "d", "e", "f"} }

func removalOrigins() []Origin { return []Origin{{Ref: "main"}, {Ref: "next"}} }

// at returns the stack at a path, and whether there is one.
func (m *removalModel) at(path string) (Stack, bool) {
	if i, found := m.find(path); found {
		return m.snapshot.Stacks[i], true
	}
	return Stack{}, false
}

func (m *removalModel) refresh(t *rapid.T) {
	m.serial++
	clear(m.inGit)
	found := DesiredState{Revision: string(rune('A' + m.serial%50))}
	for _, path := range removalPaths() {
		switch rapid.SampledFrom([]string{"listed", "listed", "broken", "gone", "gone"}).Draw(t, path) {
		case "listed":
			m.inGit[path] = true
			found.Stacks = append(found.Stacks, DesiredStack{Path: path, ComposeFile: "docker-compose.yml", Hash: "h"})
		case "broken":
			m.inGit[path] = true
			found.Skipped = append(found.Skipped, Skipped{path + "/docker-compose.yml", "broken"})
		}
	}
	before, first := m.snapshot, m.desired.Revision == ""
	m.trigger(Trigger{Source: Manual}, at(m.seconds))
	m.fetched(m.current.ID, outcome{desired: found}, at(m.seconds))
	m.check(t, before, first)
}

// check compares the snapshots before and after a refresh.
func (m *removalModel) check(t *rapid.T, before Snapshot, first bool) {
	limit, moved := m.settings.RemovalLimit, before.Origin != (Origin{}) && before.Origin != m.settings.Origin
	running, gone := 0, 0
	for _, old := range before.Stacks {
		now, listed := m.at(old.Path)
		mayRun := old.mayRun() && old.Status != Deleting
		if mayRun {
			running++
		}
		switch {
		case old.mayRun() && !listed:
			t.Fatalf("%q may run and is forgotten", old.Path)
		case !listed:
		case m.inGit[old.Path] && now.Hold != nil:
			t.Fatalf("%q is in Git and held", old.Path)
		case m.inGit[old.Path]:
		case old.Hold != nil && now.Hold == nil:
			if !first || limit != 100 || moved {
				t.Fatalf("%q is held no longer", old.Path)
			}
		case now.Status == Deleting && old.Status != Deleting:
			gone++
		case now.Status != old.Status || now.Hash != old.Hash || now.AppliedHash != old.AppliedHash:
			t.Fatalf("%q left Git and is not what it was", old.Path)
		case now.Status != Deleting && now.Hold == nil:
			t.Fatalf("%q is not in Git, and neither deleting nor held", old.Path)
		}
	}
	switch {
	case moved && gone > 0:
		t.Fatalf("another origin takes %d stacks down", gone)
	case limit == 0 && gone > 0, gone > 1 && 100*gone > int(limit)*running:
		t.Fatalf("%d of %d stacks go at once; the limit is %s", gone, running, limit)
	}
}

// holding returns the paths of the stacks that are held.
func (m *removalModel) holding() []string {
	var paths []string
	for _, stack := range m.snapshot.Stacks {
		if stack.Hold != nil {
			paths = append(paths, stack.Path)
		}
	}
	return paths
}

// holds checks that an action other than a refresh keeps these holds.
func (m *removalModel) holds(t *rapid.T, before []string) {
	if after := m.holding(); !slices.Equal(after, before) {
		t.Fatalf("the stacks %q are held, and not %q any more", after, before)
	}
}

func (m *removalModel) reportOne(t *rapid.T) {
	before := m.holding()
	path := rapid.SampledFrom(removalPaths()).Draw(t, "path")
	status := rapid.SampledFrom([]Status{Missing, Syncing, Synced, Synced}).Draw(t, "status")
	hash := map[Status]string{Synced: "h"}[status]
	_, _, err := m.report(Report{Path: path, Status: status, Hash: hash}, at(m.seconds))
	if slices.Contains(before, path) && err != nil {
		t.Fatalf("a report on %q, which is held, is refused: %v", path, err)
	}
	m.holds(t, before)
}

func (m *removalModel) forgetOne(t *rapid.T) {
	before := m.holding()
	path := rapid.SampledFrom(removalPaths()).Draw(t, "path")
	_, _, err := m.forget(path, at(m.seconds))
	if slices.Contains(before, path) && err != ErrHeld {
		t.Fatalf("%q is held, and to forget it came to %v", path, err)
	}
	m.holds(t, before)
}

func (m *removalModel) releaseSome(t *rapid.T) {
	before := m.holding()
	if len(before) == 0 {
		t.Skip("nothing is held")
	}
	release := Release{Revision: rapid.SampledFrom([]string{m.snapshot.Revision, "another"}).Draw(t, "revision")}
	if rapid.Bool().Draw(t, "some") {
		release.Paths = []string{rapid.SampledFrom(before).Draw(t, "path")}
	}
	released, _, err := m.release(release, at(m.seconds))
	if (err == nil) != (release.Revision == m.snapshot.Revision) {
		t.Fatalf("the release of %q came to %v", release, err)
	}
	for _, path := range released {
		if stack, listed := m.at(path); listed && stack.Status != Deleting {
			t.Fatalf("%q is released and %s", path, stack.Status)
		}
	}
	m.holds(t, slices.DeleteFunc(before, func(path string) bool { return slices.Contains(released, path) }))
}

// restart begins anew from the snapshot file, perhaps with other settings.
func (m *removalModel) restart(t *rapid.T) {
	before := m.holding()
	restored, err := decode(encode(m.snapshot))
	if err != nil {
		t.Fatal(err)
	}
	m.state = newState(Settings{
		RemovalLimit: rapid.SampledFrom([]Percent{0, 20, 50, 99, 100}).Draw(t, "limit"),
		Origin:       rapid.SampledFrom(removalOrigins()).Draw(t, "origin"),
	}, false, restored, "test", rand.New(rand.NewPCG(1, 2)))
	m.holds(t, before)
}

func TestNoSequenceTakesDownMoreThanTheLimitOrForgetsAHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.SampledFrom([]Percent{0, 20, 50, 100}).Draw(rt, "limit")
		m := &removalModel{inGit: make(map[string]bool)}
		m.state = newState(Settings{RemovalLimit: limit, Origin: removalOrigins()[0]}, false, Snapshot{}, "test",
			rand.New(rand.NewPCG(1, 2)))
		step := func(action func(*rapid.T)) func(*rapid.T) {
			return func(t *rapid.T) { m.seconds++; action(t) }
		}
		rt.Repeat(map[string]func(*rapid.T){
			"refresh": step(m.refresh), "report": step(m.reportOne), "another report": step(m.reportOne),
			"forget": step(m.forgetOne), "release": step(m.releaseSome), "restart": step(m.restart),
		})
	})
}

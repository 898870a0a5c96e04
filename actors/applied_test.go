package actors

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// appliedModel drives the core with any sequence of refreshes and reports, and keeps its own account of what may run.
type appliedModel struct {
	*state
	seconds  float64
	inGit    map[string]string // path → hash; the last readable one while the compose file of a stack that may run cannot be served
	broken   map[string]bool   // Git has the compose file, and it cannot be served
	applied  map[string]string // path → the hash last reported as applied
	working  map[string]bool   // the last report of a deployer was syncing
	revision int
}

var modelPaths = []string{".", "a", "a-b", "a/b", "ä"}

func (m *appliedModel) mayRun(path string) bool { return m.applied[path] != "" || m.working[path] }

func (m *appliedModel) refresh(t *rapid.T) {
	m.revision += rapid.IntRange(0, 1).Draw(t, "commits") // sometimes Git has not changed
	if m.revision != len(m.desired.Revision) {
		clear(m.broken)
		for _, path := range modelPaths {
			hash := rapid.SampledFrom([]string{"", "h1", "h2", "broken"}).Draw(t, path)
			switch _, before := m.inGit[path]; {
			case hash == "broken":
				m.broken[path] = true
				if before && m.mayRun(path) {
					continue
				}
				fallthrough
			case hash == "":
				delete(m.inGit, path)
			default:
				m.inGit[path] = hash
			}
			if i, listed := m.find(path); listed && m.snapshot.Stacks[i].Status == Deleting && m.inGit[path] != "" {
				m.working[path] = false // back in Git the stack is missing: from here on only what was applied tells whether it may run
			}
		}
	}
	var stacks []string
	var skipped []Skipped
	for _, path := range modelPaths {
		if hash, found := m.inGit[path]; m.broken[path] {
			skipped = append(skipped, Skipped{strings.TrimPrefix(path+"/docker-compose.yml", "./"), "broken"})
		} else if found {
			stacks = append(stacks, path, hash)
		}
	}
	found := desired(strings.Repeat("r", m.revision), stacks...)
	found.Skipped = skipped
	m.trigger(Trigger{Source: Manual}, at(m.seconds))
	m.fetched(m.current.ID, outcome{desired: found}, at(m.seconds))
}

func (m *appliedModel) fail(t *rapid.T) {
	before := m.snapshot
	m.trigger(Trigger{Source: Manual}, at(m.seconds))
	m.fetched(m.current.ID, outcome{failure: errUnreachable}, at(m.seconds))
	if before.Version != m.snapshot.Version {
		t.Fatal("a failed refresh changed the snapshot")
	}
}

func (m *appliedModel) reportOne(t *rapid.T) {
	path := rapid.SampledFrom(modelPaths).Draw(t, "path")
	status := rapid.SampledFrom([]Status{Missing, Syncing, Synced}).Draw(t, "status")
	hash := ""
	if status == Synced {
		hash = rapid.SampledFrom([]string{"h0", "h1", "h2"}).Draw(t, "hash") // a stale one too
	}
	_, inSnapshot := m.find(path)
	_, inGit := m.inGit[path]
	_, _, err := m.report(Report{Path: path, Status: status, Hash: hash}, at(m.seconds))
	switch {
	case inGit && err == nil:
		m.working[path] = status == Syncing
		if status == Synced {
			m.applied[path] = hash
		}
	case !inSnapshot && err == ErrStackNotFound:
	case !inGit && err == ErrDeleting:
	default:
		t.Fatalf("a report of %q (in Git %v, listed %v) came to %v", path, inGit, inSnapshot, err)
	}
}

func (m *appliedModel) forgetOne(t *rapid.T) {
	path := rapid.SampledFrom(modelPaths).Draw(t, "path")
	_, inGit := m.inGit[path]
	mayRun := m.mayRun(path)
	switch _, _, err := m.forget(path, at(m.seconds)); {
	case err == nil && !inGit && mayRun:
		delete(m.applied, path)
		delete(m.working, path)
	case err == ErrStillDesired && inGit:
	case err == ErrStackNotFound && !inGit && !mayRun:
	default:
		t.Fatalf("to forget %q (in Git %v, may run %v) came to %v", path, inGit, mayRun, err)
	}
}

// check compares the snapshot with the account.
func (m *appliedModel) check(t *rapid.T) {
	if !slices.IsSortedFunc(m.snapshot.Stacks, func(a, b Stack) int { return strings.Compare(a.Path, b.Path) }) {
		t.Fatal("the stacks are not sorted")
	}
	for _, path := range modelPaths {
		i, listed := m.find(path)
		hash, inGit := m.inGit[path]
		if listed != (inGit || m.mayRun(path)) {
			t.Fatalf("%q is listed: %v; in Git: %v; may run: %v", path, listed, inGit, m.mayRun(path))
		}
		if !listed {
			continue
		}
		stack := m.snapshot.Stacks[i]
		switch {
		case stack.AppliedHash != m.applied[path]:
			t.Fatalf("%q lost what was applied: %q, not %q", path, stack.AppliedHash, m.applied[path])
		case (stack.Status == Deleting) == inGit:
			t.Fatalf("%q is %s; in Git: %v", path, stack.Status, inGit)
		case inGit && stack.Hash != hash:
			t.Fatalf("%q has hash %q, and %q in Git", path, stack.Hash, hash)
		case stack.InSync() && (stack.AppliedHash != hash || !inGit):
			t.Fatalf("%q is in sync with what Git does not want", path)
		}
	}
}

// step runs one action, a second after the last one. The snapshot from before must stay as it was, and the version must
// grow exactly when the content differs.
func (m *appliedModel) step(action func(*rapid.T)) func(*rapid.T) {
	return func(t *rapid.T) {
		m.seconds++
		old, before := m.snapshot, slices.Clone(m.snapshot.Stacks)
		action(t)
		if !slices.Equal(old.Stacks, before) {
			t.Fatal("a published snapshot was modified")
		}
		differs := old.Revision != m.snapshot.Revision || !slices.EqualFunc(before, m.snapshot.Stacks, Stack.equal)
		if differs != (old.Version != m.snapshot.Version) {
			t.Fatalf("content differs: %v; version went from %d to %d", differs, old.Version, m.snapshot.Version)
		}
		m.check(t)
	}
}

func TestNoSequenceLosesTrackOfWhatWasApplied(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &appliedModel{
			state: testState(Settings{}), inGit: make(map[string]string), broken: make(map[string]bool),
			applied: make(map[string]string), working: make(map[string]bool),
		}
		rt.Repeat(map[string]func(*rapid.T){
			"refresh": m.step(m.refresh),
			"fail":    m.step(m.fail),
			"report":  m.step(m.reportOne),
			"forget":  m.step(m.forgetOne),
		})
	})
}

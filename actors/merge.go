package actors

import (
	"slices"
	"strings"
	"time"
)

// merger makes the snapshot that follows from a new desired state. It belongs to one call of merge.
type merger struct {
	next    Snapshot
	changes Changes
	// unreadable are the directories of the compose files that Git has and that cannot be served.
	unreadable map[string]struct{}
	hold       *Hold // for the stacks that leave now; nil if they may be removed
	releases   bool  // lets the stacks go whose removal was held before
	now        time.Time
}

// merge returns the snapshot that follows from a new desired state, what changed in Git, and whether the new snapshot
// differs from the old one. A new stack is missing. A stack that stays in Git keeps its status and its applied hash. A
// stack that left Git is dropped if nothing of it can run; otherwise it is deleting, or held if the guard says so.
func merge(old Snapshot, desired DesiredState, guard removalGuard, now time.Time) (Snapshot, Changes, bool) {
	m := merger{
		next: Snapshot{
			Version:   old.Version + 1,
			Revision:  desired.Revision,
			ChangedAt: now,
			Commit:    desired.Commit,
			Origin:    guard.origin,
			Stacks:    make([]Stack, 0, max(len(old.Stacks), len(desired.Stacks))),
			Skipped:   desired.Skipped,
			Hints:     desired.Hints,
		},
		unreadable: directories(desired.Skipped),
		hold:       guard.hold(old, desired),
		releases:   guard.releases && !guard.hasMoved(old, desired),
		now:        now,
	}
	before, wanted := old.Stacks, desired.Stacks
	for len(before) > 0 || len(wanted) > 0 {
		switch order := comparePaths(before, wanted); {
		case order < 0:
			m.leave(before[0])
			before = before[1:]
		case order > 0:
			m.keep(Stack{DesiredStack: &wanted[0], Status: Missing, StatusChangedAt: now})
			m.changes.Added = append(m.changes.Added, wanted[0].Path)
			wanted = wanted[1:]
		default:
			m.stay(before[0], &wanted[0])
			before, wanted = before[1:], wanted[1:]
		}
	}
	return m.next, m.changes, !m.next.says(old)
}

// says tells whether two snapshots say the same of Git and of the stacks. The origin alone is no news: the old one is
// as true.
func (s Snapshot) says(other Snapshot) bool {
	return s.Revision == other.Revision && s.Commit.equal(other.Commit) &&
		slices.EqualFunc(s.Stacks, other.Stacks, Stack.equal) &&
		slices.Equal(s.Skipped, other.Skipped) && slices.Equal(s.Hints, other.Hints)
}

// directories returns the paths of the stacks whose compose files are skipped. Git still has these stacks. So a stack
// that may run stays as it is: otherwise a symbolic link that breaks would make a deployer take it down.
func directories(skipped []Skipped) map[string]struct{} {
	found := make(map[string]struct{}, len(skipped))
	for _, file := range skipped {
		path := "."
		if i := strings.LastIndexByte(file.Path, '/'); i >= 0 {
			path = file.Path[:i]
		}
		found[path] = struct{}{}
	}
	return found
}

// comparePaths orders the heads of two sorted lists; an empty list comes last.
func comparePaths(before []Stack, wanted []DesiredStack) int {
	switch {
	case len(before) == 0:
		return 1
	case len(wanted) == 0:
		return -1
	}
	return strings.Compare(before[0].Path, wanted[0].Path)
}

func (m *merger) keep(stack Stack) { m.next.Stacks = append(m.next.Stacks, stack) }

// leave handles a stack that the desired state does not list.
func (m *merger) leave(stack Stack) {
	_, isUnreadable := m.unreadable[stack.Path]
	switch {
	case stack.Status == Deleting:
		m.keep(stack)
	case isUnreadable && stack.mayRun():
		if stack.Hold != nil { // it is back in Git, although it cannot be served
			stack.Hold = nil
			m.changes.Added = append(m.changes.Added, stack.Path)
		}
		m.keep(stack.alone())
	case isUnreadable && stack.Hold != nil: // it is back too, and nothing of it can run: it is dropped like any other
	case stack.Hold != nil && !m.releases:
		m.keep(stack)
	case stack.Hold != nil:
		if stack, remains := stack.released(m.now); remains {
			m.keep(stack)
		}
	case !stack.mayRun():
		m.changes.Removed = append(m.changes.Removed, stack.Path)
	case m.hold != nil:
		stack.Hold = m.hold
		m.keep(stack.alone())
		m.changes.Removed = append(m.changes.Removed, stack.Path)
	default:
		stack.Status, stack.StatusChangedAt = Deleting, m.now
		m.keep(stack.alone())
		m.changes.Removed = append(m.changes.Removed, stack.Path)
	}
}

// alone returns the stack with a copy of what Git had. The stacks of a desired state share memory, and one of them that
// outlives the state must not keep all of it.
func (s Stack) alone() Stack {
	last := *s.DesiredStack
	s.DesiredStack = &last
	return s
}

// released returns a stack that is held no longer, or false if nothing of it can run and it is dropped.
func (s Stack) released(now time.Time) (Stack, bool) {
	s.Hold = nil
	if !s.mayRun() {
		return s, false
	}
	s.Status, s.StatusChangedAt = Deleting, now
	return s, true
}

// stay handles a stack that was in the snapshot before and that Git has. The applied hash stays, even if the compose
// file has changed.
func (m *merger) stay(stack Stack, wanted *DesiredStack) {
	old := stack.DesiredStack
	switch {
	case stack.Status == Deleting:
		stack.Status, stack.StatusChangedAt = Missing, m.now
		m.changes.Added = append(m.changes.Added, stack.Path)
	case stack.Hold != nil:
		stack.Hold = nil
		m.changes.Added = append(m.changes.Added, stack.Path)
	case old.ComposeFile != wanted.ComposeFile || old.Hash != wanted.Hash:
		m.changes.Changed = append(m.changes.Changed, stack.Path)
	case old.Tree != wanted.Tree && old.Tree != "":
		m.changes.Touched = append(m.changes.Touched, stack.Path)
	}
	stack.DesiredStack = wanted
	m.keep(stack)
}

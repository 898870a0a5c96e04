package actors

import (
	"slices"
	"strings"
	"time"
)

// merge returns the snapshot that follows from a new desired state, what changed in Git, and whether the new snapshot
// differs from the old one. A new stack is missing. A stack that stays in Git keeps its status and its applied hash. A
// stack that left Git is deleting if something of it may run; otherwise it is dropped.
func merge(old Snapshot, desired DesiredState, now time.Time) (Snapshot, Changes, bool) {
	next := Snapshot{
		Version:   old.Version + 1,
		Revision:  desired.Revision,
		ChangedAt: now,
		Stacks:    make([]Stack, 0, max(len(old.Stacks), len(desired.Stacks))),
		Skipped:   desired.Skipped,
	}
	var changes Changes
	before, wanted := old.Stacks, desired.Stacks
	unreadable := directories(desired.Skipped)
	for len(before) > 0 || len(wanted) > 0 {
		switch order := comparePaths(before, wanted); {
		case order < 0:
			if _, inGit := unreadable[before[0].Path]; inGit && before[0].mayRun() {
				next.Stacks = append(next.Stacks, before[0])
			} else {
				next.Stacks, changes.Removed = leave(next.Stacks, changes.Removed, before[0], now)
			}
			before = before[1:]
		case order > 0:
			next.Stacks = append(next.Stacks, Stack{DesiredStack: wanted[0], Status: Missing, StatusChangedAt: now})
			changes.Added = append(changes.Added, wanted[0].Path)
			wanted = wanted[1:]
		default:
			next.Stacks = append(next.Stacks, stay(before[0], wanted[0], &changes, now))
			before, wanted = before[1:], wanted[1:]
		}
	}
	changed := old.Revision != next.Revision || !slices.Equal(old.Stacks, next.Stacks) ||
		!slices.Equal(old.Skipped, next.Skipped)
	return next, changes, changed
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

// leave handles a stack that Git does not have. It drops the stack when nothing of it can run, and makes it deleting
// otherwise.
func leave(stacks []Stack, removed []string, stack Stack, now time.Time) ([]Stack, []string) {
	switch {
	case stack.Status == Deleting:
		return append(stacks, stack), removed
	case stack.mayRun():
		stack.Status, stack.StatusChangedAt = Deleting, now
		stacks = append(stacks, stack)
	}
	return stacks, append(removed, stack.Path)
}

// stay handles a stack that was in the snapshot before and that Git has. The applied hash stays, even if the compose
// file has changed.
func stay(stack Stack, wanted DesiredStack, changes *Changes, now time.Time) Stack {
	switch {
	case stack.Status == Deleting:
		stack.Status, stack.StatusChangedAt = Missing, now
		changes.Added = append(changes.Added, stack.Path)
	case stack.DesiredStack != wanted:
		changes.Changed = append(changes.Changed, stack.Path)
	}
	stack.DesiredStack = wanted
	return stack
}

// notice is a line for the log about a compose file that is not served. The operator may not intend that.
type notice struct {
	path, reason string
}

// notices returns one notice for each skipped or shadowed compose file that the old desired state did not have.
func notices(old, next DesiredState) []notice {
	var list []notice
	for _, skipped := range next.Skipped {
		i, found := slices.BinarySearchFunc(old.Skipped, skipped.Path, func(s Skipped, path string) int {
			return strings.Compare(s.Path, path)
		})
		if !found || old.Skipped[i] != skipped {
			list = append(list, notice{skipped.Path, skipped.Reason})
		}
	}
	for _, path := range next.Shadowed {
		if _, found := slices.BinarySearch(old.Shadowed, path); !found {
			list = append(list, notice{path, "another compose file in the same directory comes first"})
		}
	}
	return list
}

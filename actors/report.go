package actors

import (
	"slices"
	"strings"
	"time"
)

// Report is a deployer's message about a stack: it is applying the stack, has applied it, or could not.
type Report struct {
	Path string
	// Status is Syncing, Synced or Missing.
	Status Status
	// Hash is the hash of the compose file that was applied. It is set if Status is Synced, and empty otherwise.
	Hash string
}

// report takes a deployer's report on a stack. A report that repeats what the snapshot says changes nothing.
func (s *state) report(r Report, now time.Time) (Stack, effects, error) {
	i, found := s.find(r.Path)
	if !found {
		return Stack{}, effects{}, ErrStackNotFound
	}
	stack := s.snapshot.Stacks[i]
	if stack.Status == Deleting {
		return Stack{}, effects{}, ErrDeleting
	}
	if stack.Status != r.Status {
		stack.Status, stack.StatusChangedAt = r.Status, now
	}
	if r.Status == Synced {
		stack.AppliedHash = r.Hash
	}
	if stack == s.snapshot.Stacks[i] {
		return stack, effects{save: s.beginWrite()}, nil // a repeated report asks again for a write that failed
	}
	stacks := slices.Clone(s.snapshot.Stacks)
	stacks[i] = stack
	return stack, s.publish(stacks, now), nil
}

// forget drops a deleting stack, because a deployer tells that nothing of it runs.
func (s *state) forget(path string, now time.Time) (Stack, effects, error) {
	i, found := s.find(path)
	if !found {
		return Stack{}, effects{save: s.beginWrite()}, ErrStackNotFound // asks again for a write, like a repeated report
	}
	stack := s.snapshot.Stacks[i]
	if stack.Status != Deleting {
		return Stack{}, effects{}, ErrStillDesired
	}
	return stack, s.publish(slices.Concat(s.snapshot.Stacks[:i], s.snapshot.Stacks[i+1:]), now), nil
}

func (s *state) find(path string) (int, bool) {
	return slices.BinarySearchFunc(s.snapshot.Stacks, path, func(stack Stack, path string) int {
		return strings.Compare(stack.Path, path)
	})
}

func (s *state) publish(stacks []Stack, now time.Time) effects {
	s.snapshot.Version++
	s.snapshot.ChangedAt = now
	s.snapshot.Stacks = stacks
	return effects{changed: true, save: s.beginWrite()}
}

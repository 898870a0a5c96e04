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
	// Tree is the tree that was applied. It counts if Status is Synced; empty if the deployer does not tell.
	Tree Tree
	// Revision is the commit that the deployer has checked out, Target names its host or cluster, and Message is one line
	// that says why it failed. Each may be empty.
	Revision, Target, Message string
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
	if stack.repeats(r) {
		return stack, effects{save: s.beginWrite()}, nil // a repeated report asks again for a write that failed
	}
	stack = stack.reported(r, now)
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
	switch {
	case stack.Hold != nil:
		return Stack{}, effects{}, ErrHeld
	case stack.Status != Deleting:
		return Stack{}, effects{}, ErrStillDesired
	}
	return stack, s.publish(slices.Concat(s.snapshot.Stacks[:i], s.snapshot.Stacks[i+1:]), now), nil
}

// Release is an operator's message: the removal of held stacks is meant.
type Release struct {
	// Revision is the snapshot's that the operator has seen.
	Revision string
	// Paths are the stacks to let go; nil for all that are held.
	Paths []string
}

// release lets held stacks go, and returns their paths, sorted. It lets none go unless each of the paths is held.
func (s *state) release(r Release, now time.Time) ([]string, effects, error) {
	switch {
	case held(s.snapshot) == 0:
		return nil, effects{save: s.beginWrite()}, ErrNothingHeld // asks again for a write, like a repeated report
	case r.Revision != s.snapshot.Revision:
		return nil, effects{}, ErrOtherRevision
	}
	chosen := make(map[string]struct{}, len(r.Paths))
	for _, path := range r.Paths {
		i, found := s.find(path)
		if !found || s.snapshot.Stacks[i].Hold == nil {
			return nil, effects{save: s.beginWrite()}, ErrNothingHeld
		}
		chosen[path] = struct{}{}
	}
	released := []string{}
	stacks := make([]Stack, 0, len(s.snapshot.Stacks))
	for _, stack := range s.snapshot.Stacks {
		_, isChosen := chosen[stack.Path]
		if stack.Hold == nil || r.Paths != nil && !isChosen {
			stacks = append(stacks, stack)
			continue
		}
		released = append(released, stack.Path)
		if stack, remains := stack.released(now); remains {
			stacks = append(stacks, stack)
		}
	}
	return released, s.publish(stacks, now), nil
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

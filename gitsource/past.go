package gitsource

import (
	"slices"

	"mooring/actors"
	"mooring/gitsource/index"
	"mooring/gitsource/object"
)

const (
	// maxPast is how many earlier states are remembered, and maxPastStacks how many stacks they may have together.
	maxPast       = 4
	maxPastStacks = 100_000
)

// pastState is a state before the previous one. After a push back it is the next one: the commit, or at least its tree,
// has been read before.
type pastState struct {
	commit, root object.ID
	// state has no Index, so that it keeps no older states.
	state actors.DesiredState
	index *index.Index
}

// past returns the earlier states that the next state remembers: the previous one, and those that it remembers.
func (e earlier) past() []pastState {
	if e.memory.owner == nil || e.memory.owner.remote == nil { // in place, to read a state again costs little
		return nil
	}
	last := pastState{e.memory.tip.Commit, e.memory.root, e.state, e.memory.index}
	last.state.Index = nil
	var kept []pastState
	stacks := 0
	for _, p := range slices.Concat([]pastState{last}, e.memory.past) {
		isKnown := slices.ContainsFunc(kept, func(k pastState) bool { return k.commit == p.commit })
		if stacks += len(p.state.Stacks); len(kept) == maxPast || stacks > maxPastStacks {
			break
		}
		if !isKnown {
			kept = append(kept, p)
		}
	}
	return kept
}

// readBefore returns the remembered state of a tip, which has the same stacks as any state with that root tree. root is
// zero if the commit was not received: the host may send nothing after a push back, because the client has said that it
// has a later commit.
func (s *Source) readBefore(tip object.Tip, root object.ID, before earlier) (actors.DesiredState, bool) {
	for _, p := range before.memory.past {
		if p.commit != tip.Commit && p.root != root {
			continue
		}
		state := p.state
		state.Revision, state.Named = tip.Commit.String(), tip.Named.String()
		state.Index = &memory{
			owner: s, facts: before.memory.facts, tip: tip, root: p.root, index: p.index, past: before.past(),
		}
		return state, true
	}
	return actors.DesiredState{}, false
}

package gitsource

import (
	"context"
	"fmt"

	"mooring/actors"
	"mooring/gitsource/index"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
	"mooring/gitsource/transport"
)

// memory is what one Fetch leaves for the next. It is an immutable value in the Index of the returned state. The zero
// value remembers nothing.
type memory struct {
	// owner is the Source that made the memory. A Source with other settings must not use it.
	owner *Source
	// facts are what the last session learned of the host; zero for a repository on this machine.
	facts protocol.Facts
	// remote has the connections that the next Fetch uses, if GIT_CA_FILE is the same; nil for a repository on this
	// machine.
	remote *transport.Remote
	// tip is the state's: its commit, and the object that the ref named.
	tip object.Tip
	// root is the tree of the commit.
	root object.ID
	// index is what was learned about the commit's trees.
	index *index.Index
	// past are earlier states of a Git host's repository, the newest first.
	past []pastState
}

// isOf tells whether the state is that of a commit.
func (m memory) isOf(commit object.ID) bool { return !m.tip.Commit.IsZero() && m.tip.Commit == commit }

// earlier is the previous state, and the memory in it.
type earlier struct {
	state  actors.DesiredState
	memory memory
}

// recall takes the memory out of a state. A state of another Source, or one that was read from a file, has no memory
// for this Source: everything is read anew.
func (s *Source) recall(previous actors.DesiredState) earlier {
	if m, ok := previous.Index.(*memory); ok && m.owner == s {
		return earlier{previous, *m}
	}
	return earlier{}
}

// inFormat returns the previous state, or nothing if its ids are of another format than those of the repository now.
// Then another repository is at the same address, and no id of the old one means anything in it.
func (e earlier) inFormat(of object.Format) earlier {
	if e.memory.tip.Commit.Format() != of {
		return earlier{}
	}
	return e
}

// build makes the state of a tip from the root tree of its commit. The state's memory has the facts of the previous
// memory; the caller sets newer ones by withFacts.
func (s *Source) build(
	ctx context.Context, tip object.Tip, root object.ID, from index.Objects, before earlier,
) (actors.DesiredState, error) {
	last := index.Result{State: before.state, Index: before.memory.index}
	built, err := index.Build(ctx, s.rules, root, from, last)
	if err != nil {
		return actors.DesiredState{}, fmt.Errorf("read the compose files of %s: %w", tip.Commit, err)
	}
	state := built.State
	state.Revision, state.Named = tip.Commit.String(), tip.Named.String()
	state.Index = &memory{
		owner: s, facts: before.memory.facts, tip: tip, root: root, index: built.Index, past: before.past(),
	}
	return state, nil
}

// unmoved returns the previous state of a tip with the same commit, which another object may name now: an annotated tag
// was moved or made anew. It returns the state itself if the ref names the same object as before.
func (e earlier) unmoved(tip object.Tip) actors.DesiredState {
	if e.memory.tip == tip {
		return e.state
	}
	state, next := e.state, e.memory
	next.tip = tip
	state.Named, state.Index = tip.Named.String(), &next
	return state
}

// withFacts returns the state with these facts of the host in its memory; the state itself if it has them.
func withFacts(state actors.DesiredState, facts protocol.Facts) actors.DesiredState {
	next := *state.Index.(*memory)
	if next.facts == facts {
		return state
	}
	next.facts = facts
	state.Index = &next
	return state
}

// withRemote returns the state with this Remote in its memory; the state itself if it has it.
func withRemote(state actors.DesiredState, remote *transport.Remote) actors.DesiredState {
	next := *state.Index.(*memory)
	if next.remote == remote {
		return state
	}
	next.remote = remote
	state.Index = &next
	return state
}

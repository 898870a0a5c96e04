package gitsource

import (
	"context"
	"errors"
	"fmt"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
	"mooring/gitsource/protocol"
)

const (
	// withoutBlobs leaves out all blobs (git-rev-list, option --filter).
	withoutBlobs = "blob:none"
	// withSmallBlobs brings the compose files that a change touched together with the trees.
	withSmallBlobs = "blob:limit=65536"
)

// fetchRemote asks a Git host for what is new: nothing when the tip is the commit that is known, else what changed
// since then, else, where that does not lead to a whole state, everything. Compose files that the old index knows by
// their ids are not asked for, whatever became of the commit that it was made from, where the host can leave them out.
func (s *Source) fetchRemote(ctx context.Context, before earlier) (actors.DesiredState, error) {
	host, err := s.remote.Open(ctx, before.memory.facts)
	if err != nil {
		return actors.DesiredState{}, err
	}
	defer host.Close()
	if before.memory.isOf(host.Tip()) {
		if facts := host.Facts(); facts != before.memory.facts {
			return withFacts(before.state, facts), nil
		}
		return before.state, nil
	}
	if before.memory.owner != nil {
		state, err := s.fetchChange(ctx, host, before)
		if !wantsWhole(err) {
			return state, err
		}
	}
	if host.Filters() {
		state, err := s.fetchWhole(ctx, host, withoutBlobs, before)
		if !wantsWhole(err) {
			return state, err
		}
	}
	return s.fetchWhole(ctx, host, "", before)
}

// fetchChange asks for what the tip has and the known commit has not, in one request where compose files are small.
func (s *Source) fetchChange(ctx context.Context, host *protocol.Session, before earlier) (actors.DesiredState, error) {
	request := protocol.Request{Wants: []object.ID{host.Tip()}, Have: before.memory.commit}
	if host.Filters() {
		request.Filter = withSmallBlobs
	}
	return s.fetchAndBuild(ctx, newReceived(host, s.changeLimits()), request, before)
}

// fetchWhole asks for everything that the tip has: first the trees and then the compose files that are not known, or
// all at once where the host cannot leave out blobs.
func (s *Source) fetchWhole(
	ctx context.Context, host *protocol.Session, filter string, before earlier,
) (actors.DesiredState, error) {
	request := protocol.Request{Wants: []object.ID{host.Tip()}, Shallow: true, Filter: filter}
	return s.fetchAndBuild(ctx, newReceived(host, s.wholeLimits()), request, before)
}

// fetchAndBuild makes the state from the answer to a request and, where blobs are missing, from further ones.
func (s *Source) fetchAndBuild(
	ctx context.Context, from *received, request protocol.Request, before earlier,
) (actors.DesiredState, error) {
	if err := from.begin(ctx, request); err != nil {
		return actors.DesiredState{}, err
	}
	root := from.root
	switch {
	case from.notACommit:
		return actors.DesiredState{}, fault.ErrNotACommit
	case root.IsZero():
		return actors.DesiredState{}, fmt.Errorf("commit %s: %w", from.tip, fault.ErrAbsent)
	}
	state, err := s.build(ctx, from.tip, root, from, before)
	if err != nil {
		return actors.DesiredState{}, err
	}
	return withFacts(state, from.session.Facts()), nil
}

// maxTrees bounds the trees that are kept until a state is made of them, in bytes: those of about a million directories.
// The texts of symbolic links may come to as much again.
const maxTrees = 128 << 20

// changeLimits bound what one change brings: beyond them it is cheaper to read everything anew, without history.
func (s *Source) changeLimits() receivedLimits {
	return receivedLimits{pack.Limits{Bytes: 64 << 20, Objects: 200_000, Object: s.largest}, maxTrees}
}

// wholeLimits bound the whole of a commit. Big files beside the stacks may come with it, so the bytes are many; what is
// remembered of them is little.
func (s *Source) wholeLimits() receivedLimits {
	return receivedLimits{pack.Limits{Bytes: 8 << 30, Objects: 2_000_000, Object: s.largest}, maxTrees}
}

// wantsWhole tells whether a larger request may succeed where a smaller one led to an error: the host does not know what
// is known here, its answer lacks something or cannot be read, or it would not answer as it was asked. What the commit
// itself holds stays the same.
func wantsWhole(err error) bool {
	var inCommit *fault.CommitError
	switch {
	case err == nil, errors.As(err, &inCommit):
		return false
	case errors.Is(err, fault.ErrAbsent), errors.Is(err, protocol.ErrNoCommonCommit):
		return true
	}
	return fault.Of(err).Code == actors.CodeProtocol
}

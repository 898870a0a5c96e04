package gitsource

import (
	"context"
	"errors"
	"fmt"

	"mooring/actors"
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
	host, err := s.remote.open(ctx, before.memory.facts)
	if err != nil {
		return actors.DesiredState{}, err
	}
	defer host.close()
	if before.memory.isOf(host.tip()) {
		if facts := host.facts(); facts != before.memory.facts {
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
	if host.filters() {
		state, err := s.fetchWhole(ctx, host, withoutBlobs, before)
		if !wantsWhole(err) {
			return state, err
		}
	}
	return s.fetchWhole(ctx, host, "", before)
}

// fetchChange asks for what the tip has and the known commit has not, in one request where compose files are small.
func (s *Source) fetchChange(ctx context.Context, host *session, before earlier) (actors.DesiredState, error) {
	request := fetchRequest{wants: []objectID{host.tip()}, have: before.memory.commit}
	if host.filters() {
		request.filter = withSmallBlobs
	}
	return s.fetchAndBuild(ctx, newReceived(host, s.changeLimits()), request, before)
}

// fetchWhole asks for everything that the tip has: first the trees and then the compose files that are not known, or
// all at once where the host cannot leave out blobs.
func (s *Source) fetchWhole(
	ctx context.Context, host *session, filter string, before earlier,
) (actors.DesiredState, error) {
	request := fetchRequest{wants: []objectID{host.tip()}, shallow: true, filter: filter}
	return s.fetchAndBuild(ctx, newReceived(host, s.wholeLimits()), request, before)
}

// fetchAndBuild makes the state from the answer to a request and, where blobs are missing, from further ones.
func (s *Source) fetchAndBuild(
	ctx context.Context, from *received, request fetchRequest, before earlier,
) (actors.DesiredState, error) {
	if err := from.begin(ctx, request); err != nil {
		return actors.DesiredState{}, err
	}
	root := from.root
	switch {
	case from.notACommit:
		return actors.DesiredState{}, errNotACommit
	case root.IsZero():
		return actors.DesiredState{}, fmt.Errorf("commit %s: %w", from.tip, errAbsent)
	}
	state, err := s.build(ctx, from.tip, root, from, before)
	if err != nil {
		return actors.DesiredState{}, err
	}
	return withFacts(state, from.session.facts()), nil
}

// maxTrees bounds the trees that are kept until a state is made of them, in bytes: those of about a million directories.
// The texts of symbolic links may come to as much again.
const maxTrees = 128 << 20

// changeLimits bound what one change brings: beyond them it is cheaper to read everything anew, without history.
func (s *Source) changeLimits() receivedLimits {
	return receivedLimits{packLimits{bytes: 64 << 20, objects: 200_000, object: s.largest}, maxTrees}
}

// wholeLimits bound the whole of a commit. Big files beside the stacks may come with it, so the bytes are many; what is
// remembered of them is little.
func (s *Source) wholeLimits() receivedLimits {
	return receivedLimits{packLimits{bytes: 8 << 30, objects: 2_000_000, object: s.largest}, maxTrees}
}

// wantsWhole tells whether a larger request may succeed where a smaller one led to an error: the host does not know what
// is known here, its answer lacks something or cannot be read, or it would not answer as it was asked. What the commit
// itself holds stays the same.
func wantsWhole(err error) bool {
	var inCommit *commitError
	switch {
	case err == nil, errors.As(err, &inCommit):
		return false
	case errors.Is(err, errAbsent), errors.Is(err, errNoCommonCommit):
		return true
	}
	return classify(err).Code == actors.CodeProtocol
}

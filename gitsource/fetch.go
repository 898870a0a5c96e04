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

// fetchRemote asks a Git host for what is new: for nothing if the tip is the commit of the previous state, else for
// what changed since that commit, and for everything if that does not lead to a whole state. If the host can leave out
// blobs, it is never asked for compose files whose ids the old index knows.
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

// fetchChange asks for what the tip has and the commit of the previous state has not. If the compose files that changed
// are small, that is one request.
func (s *Source) fetchChange(ctx context.Context, host *protocol.Session, before earlier) (actors.DesiredState, error) {
	request := protocol.Request{Wants: []object.ID{host.Tip()}, Have: before.memory.commit}
	if host.Filters() {
		request.Filter = withSmallBlobs
	}
	return s.fetchAndBuild(ctx, newReceived(host, s.changeLimits()), request, before)
}

// fetchWhole asks for everything that the tip has: first for the trees, and then for the compose files that are not
// known. A host that cannot leave out blobs sends all at once.
func (s *Source) fetchWhole(
	ctx context.Context, host *protocol.Session, filter string, before earlier,
) (actors.DesiredState, error) {
	request := protocol.Request{Wants: []object.ID{host.Tip()}, Shallow: true, Filter: filter}
	return s.fetchAndBuild(ctx, newReceived(host, s.wholeLimits()), request, before)
}

// fetchAndBuild makes the state from the answer to a request, and from further ones where blobs are missing.
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

// maxTrees is how many bytes of trees are kept until a state is made of them: those of about a million directories. The
// texts of symbolic links may come to as much again.
const maxTrees = 128 << 20

// changeLimits bound the answer to fetchChange. Beyond them it is cheaper to read everything anew, without history.
func (s *Source) changeLimits() receivedLimits {
	return receivedLimits{pack.Limits{Bytes: 64 << 20, Objects: 200_000, Object: s.largest}, maxTrees}
}

// wholeLimits bound the answer to fetchWhole. Big files beside the stacks may come with it, so many bytes are allowed;
// little of them is kept.
func (s *Source) wholeLimits() receivedLimits {
	return receivedLimits{pack.Limits{Bytes: 8 << 30, Objects: 2_000_000, Object: s.largest}, maxTrees}
}

// wantsWhole tells whether a larger request may succeed where a smaller one failed: the host does not know the commit
// of the previous state, its answer lacks something or cannot be read, or it refused the request. A commit that cannot
// be served stays the same.
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

package gitsource

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
	"mooring/gitsource/protocol"
	"mooring/gitsource/transport"
)

const (
	// withoutBlobs leaves out all blobs (git-rev-list, option --filter).
	withoutBlobs = "blob:none"
	// withSmallBlobs leaves out blobs of 64 KiB and more. So the answer has the trees and most changed compose files.
	withSmallBlobs = "blob:limit=65536"
)

// fetchRemote reads the state at the tip from a Git host. If GIT_CA_FILE has changed, it opens new connections, which
// trust the new authorities alone.
func (s *Source) fetchRemote(ctx context.Context, before earlier) (actors.DesiredState, error) {
	known := cmp.Or(before.memory.remote, s.remote)
	remote, err := known.Current()
	if err != nil {
		return actors.DesiredState{}, err
	}
	state, err := s.fetchOver(ctx, remote, before)
	if err != nil {
		if remote != known {
			remote.CloseIdleConnections() // the next Fetch does not know this one
		}
		return actors.DesiredState{}, err
	}
	if remote != known {
		known.CloseIdleConnections()
	}
	return withRemote(state, remote), nil
}

// fetchOver is fetchRemote over the connections of a Remote.
func (s *Source) fetchOver(
	ctx context.Context, remote *transport.Remote, before earlier,
) (actors.DesiredState, error) {
	host, err := remote.Open(ctx, before.memory.facts)
	if err != nil {
		return actors.DesiredState{}, err
	}
	defer host.Close()
	state, err := s.fetchFrom(ctx, host, before)
	state.Warning = host.Warning()
	return state, err
}

// fetchFrom reads the state at the tip in a session. If the tip is the commit of the previous state, it asks for no
// objects. Otherwise it asks for what changed since that commit, and for everything if the answer lacks something. If
// the host can leave out blobs, it never asks for compose files whose ids the old index knows.
func (s *Source) fetchFrom(ctx context.Context, host *protocol.Session, before earlier) (actors.DesiredState, error) {
	before = before.inFormat(host.Tip().Format())
	if before.memory.isOf(host.Tip()) {
		return withFacts(before.unmoved(tipOf(host)), host.Facts()), nil
	}
	if before.memory.owner != nil {
		state, err := s.fetchChange(ctx, host, before)
		if !wantsWhole(err) {
			return state, err
		}
		if state, found := s.readBefore(tipOf(host), object.ID{}, before); found {
			return withFacts(state, host.Facts()), nil
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

// tipOf is what the tracked ref leads to at the host.
func tipOf(host *protocol.Session) object.Tip {
	return object.Tip{Named: host.Named(), Commit: host.Tip()}
}

// fetchChange asks for the objects that the tip has and the commit of the previous state does not have. If the changed
// compose files are small, it takes one request.
func (s *Source) fetchChange(ctx context.Context, host *protocol.Session, before earlier) (actors.DesiredState, error) {
	request := protocol.Request{Wants: []object.ID{host.Tip()}, Have: before.memory.tip.Commit}
	if host.Filters() {
		request.Filter = withSmallBlobs
	}
	return s.fetchAndBuild(ctx, newReceived(host, s.changeLimits()), request, before)
}

// fetchWhole asks for everything that the tip has: first for the trees, and then for the compose files that are not
// known. If the host cannot leave out blobs, the first answer has all.
func (s *Source) fetchWhole(
	ctx context.Context, host *protocol.Session, filter string, before earlier,
) (actors.DesiredState, error) {
	request := protocol.Request{Wants: []object.ID{host.Tip()}, Shallow: true, Filter: filter}
	return s.fetchAndBuild(ctx, newReceived(host, s.wholeLimits()), request, before)
}

// fetchAndBuild makes the state from the answer to a request. If blobs are missing, it sends further requests.
func (s *Source) fetchAndBuild(
	ctx context.Context, from *received, request protocol.Request, before earlier,
) (actors.DesiredState, error) {
	if err := from.begin(ctx, request); err != nil {
		return actors.DesiredState{}, err
	}
	tip, root := tipOf(from.session), from.commit.Tree
	commit := describe(from.commit, from.session.Redact)
	if from.notACommit {
		return actors.DesiredState{}, fault.ErrNotACommit
	}
	if state, found := s.readBefore(tip, root, before); found {
		if !root.IsZero() {
			state.Commit = commit
		}
		return withFacts(state, from.session.Facts()), nil
	}
	if root.IsZero() {
		return actors.DesiredState{}, fmt.Errorf("commit %s: %w", from.tip, fault.ErrAbsent)
	}
	state, err := s.build(ctx, tip, root, from, before)
	state.Commit = commit
	if err != nil {
		return actors.DesiredState{}, err
	}
	return withFacts(state, from.session.Facts()), nil
}

// maxTrees bounds the bytes of trees that are kept until the state is made: those of about a million directories. It
// also bounds the bytes of the targets of symbolic links.
const maxTrees = 128 << 20

// changeLimits bound the answer to fetchChange. A larger change is cheaper to read by fetchWhole, without history.
func (s *Source) changeLimits() receivedLimits {
	return receivedLimits{pack.Limits{Bytes: 64 << 20, Objects: 200_000, Object: s.largest}, maxTrees}
}

// wholeLimits bound the answer to fetchWhole. It may contain big files that are no stacks, so many bytes are allowed;
// few of them are kept.
func (s *Source) wholeLimits() receivedLimits {
	return receivedLimits{pack.Limits{Bytes: 8 << 30, Objects: 2_000_000, Object: s.largest}, maxTrees}
}

// wantsWhole tells whether a larger request may succeed after a smaller one failed: the host does not know the commit
// of the previous state, its answer lacks something or cannot be read, or it refused the request. A larger request does
// not help if the commit itself cannot be served.
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

package gitsource

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"

	"mooring/actors"
)

// Source reads the desired state from one Git repository. It keeps nothing between two calls of Fetch but idle
// connections: what a later one need not read again rides in the state's Index.
type Source struct {
	settings Settings
	names    []string
	// local is the path of a repository on this machine; empty when there is a remote.
	local  string
	remote *remote
	// largest is the size of the largest compose file that is served.
	largest int64
}

// New makes a Source of settings. It asks nothing of the Git host; the error is the one of Settings.Validate.
func New(settings Settings) (*Source, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	s := &Source{settings: settings, names: settings.composeNames(), largest: maxComposeFile}
	if path, ok := settings.localPath(); ok {
		s.local = path
		return s, nil
	}
	host, err := newRemote(settings)
	if err != nil {
		return nil, err
	}
	s.remote = host
	return s, nil
}

// Fetch implements actors.Source: it returns the stacks at the tip of the tracked ref, all of them or an error. It
// reads what differs from the previous state, if this Source made that one, and returns the previous state itself when
// the ref has not moved. Every error is an *actors.Failure. Fetch may be called from several goroutines.
func (s *Source) Fetch(ctx context.Context, previous actors.DesiredState) (actors.DesiredState, error) {
	old, ok := previous.Index.(*index)
	if !ok || old.owner != s {
		old, previous = nil, actors.DesiredState{}
	}
	read := s.fetchRemote
	if s.local != "" {
		read = s.fetchLocal
	}
	state, err := read(ctx, previous, old)
	switch {
	case err == nil:
		return state, nil
	case ctx.Err() != nil:
		return actors.DesiredState{}, classify(ctx.Err())
	case errors.Is(err, errAbsent):
		return actors.DesiredState{}, failf(actors.CodeProtocol,
			"The commit is not whole: %s. The repository is damaged, or it is itself a shallow or partial clone.", errAbsent)
	}
	if s.local != "" {
		err = localFault(err)
	}
	return actors.DesiredState{}, classify(err)
}

// build makes the state of a commit whose root tree is known from objects, and from what the old index knows.
func (s *Source) build(
	ctx context.Context, commit, root plumbing.Hash, from objects, previous actors.DesiredState, old *index,
) (actors.DesiredState, error) {
	b := newBuilder(s.names, from, old)
	dir := s.settings.deployDir()
	trail, err := b.descend(ctx, root, dir)
	if err != nil {
		return actors.DesiredState{}, err
	}
	var before *directory
	if old != nil {
		before = old.top
	}
	top, err := b.directory(ctx, trail[len(trail)-1], before, 0)
	if err != nil {
		return actors.DesiredState{}, err
	}
	odd, err := b.settle(ctx, trail, top, dir)
	if err != nil {
		return actors.DesiredState{}, fmt.Errorf("read the compose files of %s: %w", commit, err)
	}
	next := &index{
		owner: s, commit: commit, trail: trail, top: top, blobs: odd.blobs, trees: odd.links.touched,
	}
	return b.state(next, odd, previous)
}

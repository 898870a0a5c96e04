package gitsource

import (
	"context"
	"errors"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/index"
	"mooring/gitsource/local"
	"mooring/gitsource/location"
	"mooring/gitsource/transport"
)

// Source reads the desired state from one Git repository. It keeps nothing between two calls of Fetch but idle
// connections: the state's Index remembers what a later call need not read again.
type Source struct {
	ref   location.Ref
	rules index.Rules
	// local is the path of a repository on this machine; empty if there is a remote.
	local string
	// isSearched means that the repository may be above local.
	isSearched bool
	// remote trusts what GIT_CA_FILE held at the start; nil if there is none. Fetch uses a newer one of the memory.
	remote *transport.Remote
	// largest is the size in bytes of the largest compose file that is served.
	largest int64
}

// New makes a Source from settings. It sends nothing to the Git host. The error is that of Settings.Validate.
func New(settings Settings) (*Source, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	s := &Source{ref: location.ParseRef(settings.Ref), rules: settings.rules(), largest: index.MaxComposeFile}
	at, err := location.Parse(settings.URL)
	if err == nil && at.Scheme == location.Local {
		s.local, s.isSearched = at.Path, at.IsSearched()
		return s, nil
	}
	if s.remote, err = transport.New(settings.location()); err != nil {
		return nil, err
	}
	return s, nil
}

// Fetch implements actors.Source: it returns all stacks at the tip of the tracked ref, or an error. If this Source made
// the previous state, Fetch reads only what differs from it, and returns it if the ref has not moved. Every error is an
// *actors.Failure. Fetch may be called from several goroutines.
func (s *Source) Fetch(ctx context.Context, previous actors.DesiredState) (actors.DesiredState, error) {
	read := s.fetchRemote
	if s.local != "" {
		read = s.fetchLocal
	}
	state, err := read(ctx, s.recall(previous))
	switch {
	case err == nil:
		return state, nil
	case ctx.Err() != nil:
		return actors.DesiredState{}, fault.Of(ctx.Err())
	case errors.Is(err, fault.ErrAbsent):
		return actors.DesiredState{}, fault.New(actors.CodeProtocol,
			"The commit is not whole: %s. The repository is damaged, or it is itself a shallow or partial clone.", fault.ErrAbsent)
	}
	if s.local != "" {
		err = local.Fault(err)
	}
	return actors.DesiredState{}, fault.Of(err)
}

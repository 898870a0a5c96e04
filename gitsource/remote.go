package gitsource

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// remote is a repository on a Git host: over HTTP, SSH or git://. It keeps nothing but the HTTP client and its idle connections.
type remote struct {
	settings Settings
	at       endpoint
	ref      trackedRef
	// client is nil where the host is not reached over HTTP.
	client *http.Client
}

// newRemote makes the remote of settings that Validate has accepted and that name no local path.
func newRemote(settings Settings) (*remote, error) {
	at, err := parseEndpoint(settings.URL)
	if err != nil {
		return nil, fmt.Errorf("GIT_URL %w", err)
	}
	if at.scheme == schemeLocal {
		return nil, errors.New("GIT_URL names a local path, which is no remote")
	}
	r := &remote{settings: settings, at: at, ref: parseRef(settings.Ref)}
	if at.isHTTP() {
		if r.client, err = newHTTPClient(settings.CAFile); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// open starts a session and asks the host where the tracked ref is. With the facts of an earlier session that is one
// small request, and over HTTP it mostly is without; where they are stale, or the host is not as is likely, it is asked
// what it can do. A tracked commit id needs no request at all when the host is known.
func (r *remote) open(ctx context.Context, known hostFacts) (*session, error) {
	shown, err := r.settings.credentials(r.at)
	s := &session{ref: r.ref, redact: r.settings.redactor(r.at, shown).clean}
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	if s.wire, err = r.wire(shown, s.redact); err != nil {
		return nil, s.fail(ctx, err)
	}
	if err := s.begin(ctx, known); err != nil {
		s.close()
		return nil, s.fail(ctx, err)
	}
	return s, nil
}

func (r *remote) wire(shown credentials, redact func(string) string) (wire, error) {
	switch r.at.scheme {
	case schemeSSH:
		return &streamWire{dial: r.sshDialer(shown)}, nil
	case schemeGit:
		return &streamWire{dial: r.gitDialer()}, nil
	}
	return newHTTPWire(r.client, r.at, shown, redact)
}

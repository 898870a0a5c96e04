package gitsource

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// remote is a repository on a Git host: over HTTP, SSH or git://. It keeps nothing but the HTTP client and its idle
// connections.
type remote struct {
	settings locationSettings
	at       endpoint
	ref      trackedRef
	// client is nil where the host is not reached over HTTP.
	client *http.Client
}

// newRemote makes the remote of settings that Validate has accepted and that name no local path.
func newRemote(settings locationSettings) (*remote, error) {
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

// open starts a session with the host, with the credentials of this moment and what an earlier session learned of the
// host (the zero value for nothing). The caller closes it. Its errors are *actors.Failure.
func (r *remote) open(ctx context.Context, known hostFacts) (*session, error) {
	shown, err := r.settings.Credentials(r.at)
	redact := r.settings.Redactor(r.at, shown).clean
	if err != nil {
		return nil, redactedFailure(ctx, err, redact)
	}
	over, err := r.wire(shown, redact)
	if err != nil {
		return nil, redactedFailure(ctx, err, redact)
	}
	return startSession(ctx, over, r.ref, redact, known)
}

func (r *remote) wire(shown credentials, redact func(string) string) (wire, error) {
	switch r.at.scheme {
	case schemeSSH:
		return &streamWire{dial: sshDialer(r.at, r.settings, shown)}, nil
	case schemeGit:
		return &streamWire{dial: gitDialer(r.at)}, nil
	}
	return newHTTPWire(r.client, r.at, shown, redact)
}

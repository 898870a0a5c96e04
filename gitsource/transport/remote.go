package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

// Remote is a repository on a Git host, over HTTP, SSH or git://. Between two sessions it keeps only the HTTP client
// and its idle connections. Any number of goroutines may open sessions.
type Remote struct {
	settings location.Settings
	at       location.Endpoint
	ref      location.Ref
	// client is nil for SSH and git://.
	client *http.Client
}

// New makes a Remote from settings that Validate has accepted. A local path is an error.
func New(settings location.Settings) (*Remote, error) {
	at, err := location.Parse(settings.URL)
	if err != nil {
		return nil, fmt.Errorf("GIT_URL %w", err)
	}
	if at.Scheme == location.Local {
		return nil, errors.New("GIT_URL names a local path, which is no remote")
	}
	r := &Remote{settings: settings, at: at, ref: location.ParseRef(settings.Ref)}
	if at.IsHTTP() {
		if r.client, err = newHTTPClient(settings.CAFile); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Open starts a session with the host. It reads the credentials anew. learned are the facts of an earlier session, or
// zero. The caller closes the session. Its errors are *actors.Failure.
func (r *Remote) Open(ctx context.Context, learned protocol.Facts) (*protocol.Session, error) {
	return r.open(ctx, r.ref, learned)
}

// OpenCommit is Open for a commit instead of the tracked ref. With learned facts it sends nothing.
func (r *Remote) OpenCommit(ctx context.Context, commit object.ID, learned protocol.Facts) (*protocol.Session, error) {
	return r.open(ctx, location.ParseRef(commit.String()), learned)
}

func (r *Remote) open(ctx context.Context, ref location.Ref, learned protocol.Facts) (*protocol.Session, error) {
	credentials, err := r.settings.Credentials(r.at)
	redact := r.settings.Redactor(r.at, credentials).Clean
	if err != nil {
		return nil, fault.Redacted(ctx, err, redact)
	}
	over, err := r.wire(credentials, redact)
	if err != nil {
		return nil, fault.Redacted(ctx, err, redact)
	}
	return protocol.Open(ctx, over, ref, redact, learned)
}

func (r *Remote) wire(credentials location.Credentials, redact func(string) string) (protocol.Wire, error) {
	switch r.at.Scheme {
	case location.SSH:
		return &streamWire{dial: sshDialer(r.at, r.settings, credentials)}, nil
	case location.Git:
		return &streamWire{dial: gitDialer(r.at)}, nil
	}
	return newHTTPWire(r.client, r.at, credentials, redact)
}

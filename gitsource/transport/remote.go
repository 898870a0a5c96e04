package transport

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

// Remote is a repository on a Git host, over HTTP, SSH or git://. It is an immutable value: between two sessions it
// keeps only the HTTP client and its idle connections. Any number of goroutines may open sessions.
type Remote struct {
	settings location.Settings
	at       location.Endpoint
	ref      location.Ref
	// client is nil for SSH and git://. It trusts what was in GIT_CA_FILE, of which roots is the SHA-256.
	client *http.Client
	roots  [sha256.Size]byte
	// through are the proxies for HTTP.
	through proxies
}

// Name is the repository's name: the last part of its address.
func (r *Remote) Name() string { return r.at.Name() }

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
	if !at.IsHTTP() {
		return r, nil
	}
	if r.through, err = readProxies(); err != nil {
		return nil, err
	}
	content, err := readRoots(settings.CAFile)
	if err != nil {
		return nil, fmt.Errorf("GIT_CA_FILE %w", err)
	}
	if r, err = r.trusting(content); err != nil {
		return nil, fmt.Errorf("GIT_CA_FILE %w", err)
	}
	return r, nil
}

// trusting returns a Remote with a new client, which trusts the authorities in the content of GIT_CA_FILE.
func (r *Remote) trusting(content []byte) (*Remote, error) {
	roots, err := parseRoots(r.settings.CAFile, content)
	if err != nil {
		return nil, err
	}
	next := *r
	next.client, next.roots = newHTTPClient(r.settings, roots, r.through), sha256.Sum256(content)
	return &next, nil
}

// Current returns a Remote that trusts what GIT_CA_FILE holds now: r itself, with its connections, if the content of the
// file is the same. The error is an *actors.Failure.
func (r *Remote) Current() (*Remote, error) {
	if r.client == nil || r.settings.CAFile == "" {
		return r, nil
	}
	content, err := readRoots(r.settings.CAFile)
	if err == nil && sha256.Sum256(content) == r.roots {
		return r, nil
	}
	var next *Remote
	if err == nil {
		next, err = r.trusting(content)
	}
	if err != nil {
		return nil, fault.New(actors.CodeUntrusted, "GIT_CA_FILE %s.", fault.Clean(err.Error()))
	}
	return next, nil
}

// CloseIdleConnections closes the connections that no session uses. The Remote can still be used.
func (r *Remote) CloseIdleConnections() {
	if r.client != nil {
		r.client.CloseIdleConnections()
	}
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
	redact := r.settings.Redactor(r.at, credentials, r.through.secrets...).Clean
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
	named, err := url.Parse(r.at.Display())
	if err != nil {
		return nil, fmt.Errorf("read the address of the Git host: %w", err)
	}
	return &httpWire{
		client: r.client, through: r.through, identifies: r.settings.ClientCertFile != "", named: named, at: named,
		authorization: credentials.Authorization(), redact: redact,
	}, nil
}

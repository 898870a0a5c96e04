package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cgi"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// host serves repositories over smart HTTP on loopback, by the program that git brings for it. Both sides fetch from
// it.
type host struct {
	address string
	meter   meter
	// failing is a channel that always holds one value: whether every request is refused with status 500.
	failing chan bool
	// tape is a channel that always holds the one tape.
	tape   chan tape
	server *http.Server
	served <-chan error // from the server's goroutine, once
}

// startHost starts a host for the repositories in a directory. The caller closes it.
func startHost(ctx context.Context, g git, directory string) (*host, error) {
	programs, err := g.output(ctx, directory, nil, "--exec-path")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a port on loopback: %w", err)
	}
	h := &host{
		address: listener.Addr().String(), meter: newMeter(), failing: make(chan bool, 1), tape: make(chan tape, 1),
	}
	h.failing <- false
	h.tape <- tape{}
	backend := backend{
		program:     filepath.Join(strings.TrimSpace(string(programs)), "git-http-backend"),
		environment: append(g.environment(), "GIT_PROJECT_ROOT="+directory, "GIT_HTTP_EXPORT_ALL=1"),
		host:        h,
	}
	h.server = &http.Server{Handler: backend, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	h.served = served
	// Ends when close stops the server, and close waits for it.
	go func() { served <- h.server.Serve(meteredListener{listener, h.meter}) }()
	return h, nil
}

// url is the address of a repository.
func (h *host) url(r repository) string { return "http://" + h.address + "/" + filepath.Base(r.path) }

// fail sets whether every request is refused.
func (h *host) fail(failing bool) {
	<-h.failing
	h.failing <- failing
}

func (h *host) isFailing() bool {
	failing := <-h.failing
	h.failing <- failing
	return failing
}

// close stops the server and its connections.
func (h *host) close() error {
	err := h.server.Close()
	if served := <-h.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// backend is the handler of a host.
type backend struct {
	program     string
	environment []string
	host        *host
}

func (b backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.host.meter.add(1, 0)
	if b.host.isFailing() {
		http.Error(w, "refused, to see what a failure costs", http.StatusInternalServerError)
		return
	}
	if r.ContentLength < 0 && !measureBody(r) {
		http.Error(w, "the request is too long", http.StatusRequestEntityTooLarge)
		return
	}
	if err := b.host.note(r); err != nil {
		return // the client has gone
	}
	program := cgi.Handler{
		Path:   b.program,
		Env:    slices.Concat(b.environment, []string{"GIT_PROTOCOL=" + r.Header.Get("Git-Protocol")}),
		Stderr: io.Discard,
	}
	program.ServeHTTP(w, r)
}

// measureBody gives a chunked request a length: CGI has no other kind (RFC 3875, section 4.2), and git sends long
// requests in chunks.
func measureBody(r *http.Request) bool {
	const longest = 64 * mebibyte
	body, err := io.ReadAll(io.LimitReader(r.Body, longest+1))
	if err != nil || len(body) > longest {
		return false
	}
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	return true
}

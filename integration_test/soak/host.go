package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// host serves the repository over smart HTTP, by the program that git brings for it, and goes wrong when it is told to.
type host struct {
	server *http.Server
	at     string
	// fault is a channel that always holds what to do in place of an answer; nil for nothing.
	fault  chan fault
	served <-chan error // from the server's goroutine, once
}

// fault answers a request in place of git.
type fault func(w http.ResponseWriter, r *http.Request, git http.Handler)

func startHost(ctx context.Context, directory string) (*host, error) {
	programs, err := exec.CommandContext(ctx, "git", "--exec-path").Output()
	if err != nil {
		return nil, fmt.Errorf("find git's programs: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(programs)), "git-http-backend"),
		Env: append(gitEnvironment(), "GIT_PROJECT_ROOT="+directory, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1",
			"GIT_CONFIG_KEY_0=uploadpack.allowFilter", "GIT_CONFIG_VALUE_0=true"),
		Stderr: io.Discard, Logger: log.New(io.Discard, "", 0), // clients leave; that is no news
	}
	served := make(chan error, 1)
	h := &host{at: listener.Addr().String(), fault: make(chan fault, 1), served: served}
	h.fault <- nil
	h.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			now := <-h.fault
			h.fault <- now
			if now != nil {
				now(w, r, backend)
				return
			}
			backend.ServeHTTP(w, r)
		})}
	// Ends when close stops the server, and close waits for it.
	go func() { served <- h.server.Serve(listener) }()
	return h, nil
}

func (h *host) url() string { return "http://" + h.at + "/" + repositoryName }

func (h *host) suffer(f fault) {
	<-h.fault
	h.fault <- f
}

func (h *host) close() error {
	err := h.server.Close()
	if served := <-h.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// faults are what may go wrong.
func faults() []fault {
	status := func(code int, media, text string) fault {
		return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(code)
			_, _ = io.WriteString(w, text)
		}
	}
	return []fault{
		status(500, "text/html", "<h1>oops</h1>"), status(503, "text/plain", "later"), status(401, "text/plain", "who?"),
		status(404, "text/plain", "what?"), status(200, "text/html", "<title>Sign in</title>"), hang, reset, cut, corrupt,
	}
}

func hang(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.Copy(io.Discard, r.Body) // only then is the client's departure seen
	<-r.Context().Done()
}

func reset(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

func cut(w http.ResponseWriter, r *http.Request, git http.Handler) {
	answer := recorded(w, r, git)
	_, _ = w.Write(answer[:len(answer)/2])
}

// corrupt changes a bit of what is a pack, and lets the rest pass.
func corrupt(w http.ResponseWriter, r *http.Request, git http.Handler) {
	answer := recorded(w, r, git)
	if pack := bytes.Index(answer, []byte("PACK")); pack >= 0 {
		answer[(pack+len(answer))/2] ^= 1
	}
	_, _ = w.Write(answer)
}

func recorded(w http.ResponseWriter, r *http.Request, git http.Handler) []byte {
	recorder := httptest.NewRecorder()
	git.ServeHTTP(recorder, r)
	for name, values := range recorder.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(recorder.Code)
	return recorder.Body.Bytes()
}

// fail lets the host go wrong in one way after another, with rests between that are long enough to recover.
func (s soak) fail(ctx context.Context) error {
	list := faults()
	return every(ctx, 400*time.Millisecond, func() error {
		if rand.IntN(3) > 0 {
			s.host.suffer(nil)
			return nil
		}
		s.tally.count(faulted, 1)
		s.host.suffer(list[rand.IntN(len(list))])
		return nil
	})
}

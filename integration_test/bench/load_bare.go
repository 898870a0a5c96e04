package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// bareMode is the first argument that makes this program the bare server. The second one is a directory with bodies.
const bareMode = "bare"

// route is a measured path, and the file with its body for the bare server.
type route struct{ path, file string }

func routes() []route {
	return []route{{"/api/v1/stacks", "stacks"}, {"/api/v1/refresh", "refresh"}, {"/healthz", "healthz"}}
}

// keepBodies writes the service's answers to files, for the bare server.
func (s *service) keepBodies(ctx context.Context, directory string) error {
	for _, at := range routes() {
		reply, err := s.ask(ctx, http.MethodGet, at.path, "", nil, http.StatusOK)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(directory, at.file), reply.Body, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// bare is a process of the bare server.
type bare struct {
	asked
	stop func()
}

// startBare runs this program as the bare server.
func startBare(ctx context.Context, directory string) (bare, error) {
	self, err := os.Executable()
	if err != nil {
		return bare{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	command := exec.CommandContext(ctx, self, bareMode, directory)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		cancel()
		return bare{}, fmt.Errorf("start the bare server: %w", err)
	}
	stop := func() {
		cancel()
		_ = command.Wait() // it was killed
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return bare{}, fmt.Errorf("read the bare server's address: %w", err)
	}
	return bare{asked{command.Process.Pid, strings.TrimSpace(line)}, stop}, nil
}

// serveBare is the bare server: net/http, and a handler that writes a body with its type and length.
func serveBare(ctx context.Context, directory string, out io.Writer) error {
	mux := http.NewServeMux()
	for _, at := range routes() {
		body, err := os.ReadFile(filepath.Join(directory, at.file))
		if err != nil {
			return err
		}
		mux.HandleFunc("/"+at.file, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body)
		})
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	// Ends when the server is closed; the code below waits for it.
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		server.Close()
		<-served
		return nil
	}
}

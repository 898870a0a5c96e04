package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a process that serves HTTP.
type server struct {
	command *exec.Cmd
	address string
	rest    <-chan error
}

// startMooring builds the service and returns when it has refreshed once.
func startMooring(ctx context.Context, directory, repository string) (*server, error) {
	program := filepath.Join(directory, "mooring")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", program, "mooring")
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the service: %w: %s", err, output)
	}
	command := exec.CommandContext(ctx, program)
	command.Env = []string{
		"HOME=" + directory, "GIT_URL=" + repository, "LISTEN_ADDR=127.0.0.1:0", "POLL_INTERVAL=0",
		"GODEBUG=" + os.Getenv("GODEBUG"),
	}
	log, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	s, err := launch(command, log, "msg=listening address=")
	if err != nil {
		return nil, err
	}
	_, err = s.ask(ctx, http.MethodPost, "/api/v1/refresh?wait=60s", http.StatusOK)
	return s, err
}

// startBare runs this very program as the bare server.
func startBare(ctx context.Context, directory string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, self, "-bare", directory)
	command.Stderr = os.Stderr
	told, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return launch(command, told, "")
}

// launch starts a process and reads what it tells until a line has the mark that its address follows.
func launch(command *exec.Cmd, told io.Reader, mark string) (*server, error) {
	if err := command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(told)
	for {
		line, err := lines.ReadString('\n')
		if _, address, found := strings.Cut(line, mark); found && err == nil {
			rest := make(chan error, 1)
			// Reads on until the process ends; stop waits for it.
			go func() { _, err := io.Copy(io.Discard, lines); rest <- err }()
			return &server{command, strings.TrimSpace(address), rest}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s has not started: %w", command.Path, errors.Join(err, command.Wait()))
		}
	}
}

func (s *server) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM) // it may have ended
	<-s.rest
	_ = s.command.Wait()
}

// ask sends one request and returns the body of its answer.
func (s *server) ask(ctx context.Context, method, path string, status int) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+s.address+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != status {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, body)
	}
	return body, err
}

// keepBodies writes what the service answers into files, for the bare server.
func (s *server) keepBodies(ctx context.Context, directory string) error {
	for _, at := range routes() {
		body, err := s.ask(ctx, http.MethodGet, at.path, http.StatusOK)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(directory, at.file), body, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// completed returns how many refreshes the turns have asked for, and an error when one of the last hundred has failed.
func (s *server) completed(ctx context.Context) (int, error) {
	body, err := s.ask(ctx, http.MethodPost, "/api/v1/refresh?wait=60s", http.StatusOK)
	if err != nil {
		return 0, err
	}
	var last struct{ ID string }
	if err := json.Unmarshal(body, &last); err != nil {
		return 0, err
	}
	_, serial, _ := strings.Cut(last.ID, "-")
	count, err := strconv.Atoi(serial)
	if err != nil {
		return 0, fmt.Errorf("the id %q does not count: %w", last.ID, err)
	}
	list, err := s.ask(ctx, http.MethodGet, "/api/v1/refreshes?limit=100", http.StatusOK)
	if err == nil && strings.Contains(string(list), `"status":"failed"`) {
		err = errors.New("a refresh has failed: see GET /api/v1/refreshes")
	}
	const others = 3 // at the start, before the first turn, and this one
	return count - others, err
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
	bare := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	// Ends when the server is closed; it is waited for below.
	go func() { served <- bare.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		bare.Close()
		<-served
		return nil
	}
}

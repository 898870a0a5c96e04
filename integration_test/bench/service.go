package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// service is mooring as it runs: a process, and an HTTP client that keeps its connection.
type service struct {
	command *exec.Cmd
	api     string // base address
	log     *processLog
	client  *http.Client
}

// processLog takes what a process writes to standard error, on the goroutine of package os/exec that copies it. The text
// may be read when the process has ended.
type processLog struct {
	wrote chan struct{} // to whoever waits for the process to get on
	text  []byte
}

func (l *processLog) Write(p []byte) (int, error) {
	l.text = append(l.text, p...)
	l.text = l.text[max(0, len(l.text)-mebibyte):]
	select {
	case l.wrote <- struct{}{}:
	default: // it is told already
	}
	return len(p), nil
}

// launchReady starts mooring for a repository and waits until it is ready. The caller stops it.
func (b *bench) launchReady(ctx context.Context, gitURL string, variables ...string) (*service, error) {
	s, err := b.launch(ctx, gitURL, variables...)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		_, stopped := s.stop()
		return nil, fmt.Errorf("%w: %s", errors.Join(err, stopped), lastBytes(s.log.text))
	}
	return s, nil
}

// launch starts mooring. Polling is off: it refreshes when it is asked to.
func (b *bench) launch(ctx context.Context, gitURL string, variables ...string) (*service, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	s := &service{
		command: exec.CommandContext(ctx, b.mooring),
		api:     "http://" + address,
		log:     &processLog{wrote: make(chan struct{}, 1)},
		// Compression would be mooring's work, and on loopback it saves nothing.
		client: &http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: limit},
	}
	s.command.Dir, s.command.Stderr = b.work, s.log
	s.command.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + b.work, "GIT_URL=" + gitURL, "GIT_REF=main", "LISTEN_ADDR=" + address,
		"POLL_INTERVAL=0", "REFRESH_TIMEOUT=" + limit.String(),
	}, variables...)
	return s, s.command.Start()
}

// freeAddress returns an address on loopback that nobody listens at.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a port on loopback: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// ready waits until /readyz answers 200. Asking all the time would take the processor from what is measured: so it asks
// when mooring has written to its log, and otherwise now and then.
func (s *service) ready(ctx context.Context) error {
	begin := time.Now()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.log.wrote:
		case <-ticker.C:
		}
		answer, err := s.client.Get(s.api + "/readyz")
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
		switch {
		case err == nil && answer.StatusCode == http.StatusOK:
			return nil
		case time.Since(begin) > limit:
			return fmt.Errorf("mooring was not ready after %s", limit)
		}
	}
}

// outcome is what a refresh came to, as POST /api/v1/refresh tells it.
type outcome struct {
	Status   string `json:"status"`
	Revision string `json:"revision"`
	Error    *struct {
		Code, Message string
	} `json:"error"`
}

// refresh asks for a refresh and waits for its end. A failed one is an outcome, not an error.
func (s *service) refresh(ctx context.Context) (outcome, error) {
	var result outcome
	err := s.ask(ctx, http.MethodPost, "/api/v1/refresh?wait=60s", &result, http.StatusOK, http.StatusBadGateway)
	return result, err
}

// mustRefresh asks for a refresh, which must succeed.
func (s *service) mustRefresh(ctx context.Context) (revision string, err error) {
	result, err := s.refresh(ctx)
	switch {
	case err != nil:
		return "", err
	case result.Error != nil:
		return "", fmt.Errorf("mooring could not refresh: %s: %s", result.Error.Code, result.Error.Message)
	}
	return result.Revision, nil
}

// stacks asks for the list of stacks.
func (s *service) stacks(ctx context.Context) (listing, error) {
	var answer struct {
		Revision string
		Stacks   []struct {
			Path        string
			ComposeFile string `json:"compose_file"`
			Hash        string
		}
		Skipped []struct{ Path, Reason string }
	}
	if err := s.ask(ctx, http.MethodGet, "/api/v1/stacks", &answer, http.StatusOK); err != nil {
		return listing{}, err
	}
	if len(answer.Skipped) > 0 {
		return listing{}, fmt.Errorf("mooring skips %s: %s", answer.Skipped[0].Path, answer.Skipped[0].Reason)
	}
	found := listing{revision: answer.Revision, hashes: make(map[string]string, len(answer.Stacks))}
	for _, stack := range answer.Stacks {
		found.hashes[stack.Path+"/"+stack.ComposeFile] = stack.Hash
	}
	if len(found.hashes) != len(answer.Stacks) {
		return listing{}, errors.New("mooring lists a stack twice")
	}
	return found, nil
}

// ask sends a request and reads the answer, which must have one of the statuses.
func (s *service) ask(ctx context.Context, method, path string, into any, statuses ...int) error {
	request, err := http.NewRequestWithContext(ctx, method, s.api+path, nil)
	if err != nil {
		return err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask mooring: %w", err)
	}
	defer answer.Body.Close()
	for _, status := range statuses {
		if answer.StatusCode == status {
			if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
				return fmt.Errorf("read the answer to %s %s: %w", method, path, err)
			}
			// The connection is kept only when the answer was read to its end.
			_, err := io.Copy(io.Discard, answer.Body)
			return err
		}
	}
	return fmt.Errorf("%s %s: %s", method, path, answer.Status)
}

// stop ends the process and returns the most memory that it had, or 0 where the system does not tell.
func (s *service) stop() (peak int64, err error) {
	s.client.CloseIdleConnections()
	peak, _ = memoryOf(s.command.Process.Pid, "VmHWM")
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, fmt.Errorf("stop mooring: %w", err)
	}
	if err := s.command.Wait(); err != nil {
		return 0, fmt.Errorf("stop mooring: %w: %s", err, lastBytes(s.log.text))
	}
	return peak, nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const snapshotFile = "snapshot.json"

// service is mooring as it runs.
type service struct {
	directory    string
	command      *exec.Cmd
	api, metrics string
	client       *http.Client
}

// launch builds mooring, starts it and waits until it is ready.
func launch(ctx context.Context, directory, gitURL string) (*service, error) {
	program := filepath.Join(directory, "mooring")
	if output, err := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", program, "mooring").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build mooring: %w: %s", err, output)
	}
	api, err := freeAddress()
	if err != nil {
		return nil, err
	}
	metrics, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(directory, "mooring.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own
	s := &service{
		directory: directory, api: "http://" + api, metrics: "http://" + metrics,
		client:  &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true}},
		command: exec.CommandContext(ctx, program),
	}
	s.command.Dir, s.command.Stderr = directory, log
	s.command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + directory, "GIT_URL=" + gitURL, "GIT_REF=main", "LISTEN_ADDR=" + api,
		"METRICS_ADDR=" + metrics, "POLL_INTERVAL=1s", "REFRESH_TIMEOUT=1s", "WEBHOOK_SECRET=" + secret,
		"DEPLOYER_TOKEN=" + token, "SNAPSHOT_FILE=" + filepath.Join(directory, snapshotFile), "LOG_LEVEL=debug",
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	return s, s.ready(ctx)
}

// freeAddress returns an address on loopback that nobody listens at.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func (s *service) ready(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if err := s.expect(limit, http.MethodGet, "/readyz", "", nil, http.StatusOK); err == nil {
			return nil
		}
		select {
		case <-limit.Done():
			return errors.Join(errors.New("mooring does not get ready"), s.stop())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// stop ends the process and looks through its log for what must not be in it.
func (s *service) stop() error {
	s.client.CloseIdleConnections()
	err := s.command.Process.Signal(syscall.SIGTERM)
	err = errors.Join(err, s.command.Wait())
	log, readErr := os.ReadFile(filepath.Join(s.directory, "mooring.log"))
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "panic") || strings.Contains(line, "code=internal") || tellsSecret(line) {
			return errors.Join(err, errors.New("the log has a line that it must not have: "+line))
		}
	}
	return errors.Join(err, readErr)
}

// tellsSecret tells whether a text holds a secret: as it is, or in a query, a path, JSON, a quoted value or HTML.
func tellsSecret(text string) bool {
	for _, secret := range []string{secret, token} {
		asJSON, _ := json.Marshal(secret) // fails for no string
		for _, form := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(asJSON), `"`),
			strings.Trim(strconv.Quote(secret), `"`), template.HTMLEscapeString(secret),
		} {
			if strings.Contains(text, form) {
				return true
			}
		}
	}
	return false
}

// snapshot and stack are what mooring serves.
type snapshot struct {
	Revision string
	Stacks   []stack
}

type stack struct {
	Path        string
	ComposeFile string `json:"compose_file"`
	Hash        string
	Status      string
}

func isDeleting(s stack) bool { return s.Status == "deleting" }

// listing has a line for each stack that Git has.
func (s snapshot) listing() string {
	var lines strings.Builder
	for _, stack := range s.Stacks {
		if !isDeleting(stack) {
			fmt.Fprintf(&lines, "%s/%s %s\n", stack.Path, stack.ComposeFile, stack.Hash)
		}
	}
	return lines.String()
}

// ended is what a refresh came to.
type ended struct{ Status, Revision string }

// refresh asks for a refresh and waits for its end.
func (s *service) refresh(ctx context.Context) (ended, error) {
	var e ended
	_, body, err := s.ask(ctx, http.MethodPost, "/api/v1/refresh?wait=30s", "", nil, http.StatusOK, http.StatusBadGateway)
	if err == nil {
		err = json.Unmarshal(body, &e)
	}
	return e, err
}

func (s *service) stacks(ctx context.Context) (snapshot, error) {
	body, err := s.body(ctx, "/api/v1/stacks")
	if err != nil {
		return snapshot{}, err
	}
	var seen snapshot
	return seen, json.Unmarshal([]byte(body), &seen)
}

func (s *service) body(ctx context.Context, path string) (string, error) {
	_, body, err := s.ask(ctx, http.MethodGet, path, "", nil, http.StatusOK)
	return string(body), err
}

// following waits for a list that has another tag, for a while, and returns the tag that it has.
func (s *service) following(ctx context.Context, tag string) (snapshot, string, error) {
	header := http.Header{"If-None-Match": {tag}}
	answer, body, err := s.ask(ctx, http.MethodGet, "/api/v1/stacks?wait=1s", "", header, http.StatusOK, http.StatusNotModified)
	if err != nil {
		return snapshot{}, "", err
	}
	var seen snapshot
	if answer.StatusCode == http.StatusOK {
		err = json.Unmarshal(body, &seen)
	}
	return seen, answer.Header.Get("Etag"), err
}

// expect sends a request that must be answered with one of the statuses.
func (s *service) expect(ctx context.Context, method, path, body string, header http.Header, statuses ...int) error {
	_, _, err := s.ask(ctx, method, path, body, header, statuses...)
	return err
}

func (s *service) ask(
	ctx context.Context, method, path, body string, header http.Header, statuses ...int,
) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.api+path, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for name, values := range header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
	case !slices.Contains(statuses, answer.StatusCode):
		err = fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, content)
	case tellsSecret(fmt.Sprint(answer.Header, string(content))):
		err = fmt.Errorf("%s %s tells a secret: %s", method, path, content)
	}
	return answer, content, err
}

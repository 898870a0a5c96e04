package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"mooring/integration_test/lab"
)

// service is a running mooring.
type service struct {
	*lab.Process
	// address is that of the API. metricsAddress is that of /metrics; empty if METRICS_ADDR is not set.
	address, metricsAddress string
	client                  *http.Client
}

// metricsSetting lets the service serve its metrics.
const metricsSetting = "METRICS_ADDR=127.0.0.1:0"

// launch starts one of the sides and waits until it listens. Polling is off, unless a variable turns it on. The caller
// stops it.
func (b *bench) launch(ctx context.Context, of side, line func(string), variables ...string) (*service, error) {
	process, err := lab.Launch{
		Program: of.program, Directory: b.work, Home: b.work, Keep: 1000, Line: line,
		Variables: append([]string{
			"GIT_REF=main", "LISTEN_ADDR=127.0.0.1:0", "POLL_INTERVAL=0", "REFRESH_TIMEOUT=" + lab.Limit.String(),
		}, variables...),
	}.Start(ctx)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, lab.Limit)
	defer cancel()
	s := &service{Process: process, client: b.client}
	s.address, err = process.Listening(limited)
	if err == nil && slices.Contains(variables, metricsSetting) {
		s.metricsAddress, err = process.Metrics(limited)
	}
	if err != nil {
		return nil, errors.Join(err, process.Stop())
	}
	return s, nil
}

// launchReady starts one of the sides for a repository and waits until it is ready.
func (b *bench) launchReady(ctx context.Context, of side, gitURL string, variables ...string) (*service, error) {
	s, err := b.launch(ctx, of, nil, append([]string{"GIT_URL=" + gitURL}, variables...)...)
	if err != nil {
		return nil, err
	}
	return s.ready(ctx)
}

// ready waits until the service is ready, and stops it after an error.
func (s *service) ready(ctx context.Context) (*service, error) {
	limited, cancel := context.WithTimeout(ctx, lab.Limit)
	defer cancel()
	if err := s.Ready(limited, s.client, s.address); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// ask sends a request and reads the answer, which must have one of the statuses.
func (s *service) ask(
	ctx context.Context, method, path, body string, headers []string, statuses ...int,
) (lab.Reply, error) {
	reply, err := lab.Ask(ctx, s.client, method, "http://"+s.address+path, body, headers...)
	if err == nil && !slices.Contains(statuses, reply.Status) {
		err = fmt.Errorf("%s %s: %d: %s", method, path, reply.Status, lab.Tail(string(reply.Body)))
	}
	return reply, err
}

// outcome is the result of a refresh, from the answer of POST /api/v1/refresh.
type outcome struct {
	Status, Revision string
	Error            *struct{ Code, Message string }
}

// refresh asks for a refresh and waits for its end. A failed refresh is an outcome, and not an error.
func (s *service) refresh(ctx context.Context) (outcome, error) {
	var result outcome
	reply, err := s.ask(ctx, http.MethodPost, "/api/v1/refresh?wait=55s", "", nil, http.StatusOK, http.StatusBadGateway)
	if err == nil {
		err = json.Unmarshal(reply.Body, &result)
	}
	return result, err
}

// mustRefresh asks for a refresh, which must succeed with a revision.
func (s *service) mustRefresh(ctx context.Context, revision string) error {
	result, err := s.refresh(ctx)
	switch {
	case err != nil:
		return err
	case result.Error != nil:
		return fmt.Errorf("mooring could not refresh: %s: %s", result.Error.Code, result.Error.Message)
	case result.Revision != revision:
		return fmt.Errorf("main is at %s and mooring has %s", revision, result.Revision)
	}
	return nil
}

// snapshot is the part of GET /api/v1/stacks that bench reads.
type snapshot struct {
	Revision string
	Stacks   []stack
	Skipped  []struct{ Path, Reason string }
}

type stack struct {
	Path        string
	ComposeFile string `json:"compose_file"`
	Hash        string
	Status      string
}

// isDeleting tells whether the stack is gone from Git.
func (s stack) isDeleting() bool { return s.Status == "deleting" }

// snapshot asks for the list of stacks.
func (s *service) snapshot(ctx context.Context) (snapshot, error) {
	var seen snapshot
	reply, err := s.ask(ctx, http.MethodGet, "/api/v1/stacks", "", nil, http.StatusOK)
	if err == nil {
		err = json.Unmarshal(reply.Body, &seen)
	}
	return seen, err
}

// stacks reads the list of stacks. A skipped compose file is an error.
func (s *service) stacks(ctx context.Context) (lab.Listing, error) {
	seen, err := s.snapshot(ctx)
	if err == nil && len(seen.Skipped) > 0 {
		err = fmt.Errorf("mooring skips %s: %s", seen.Skipped[0].Path, seen.Skipped[0].Reason)
	}
	if err != nil {
		return lab.Listing{}, err
	}
	return seen.listing()
}

// listing returns the stacks that are in Git.
func (s snapshot) listing() (lab.Listing, error) {
	found := lab.Listing{Revision: s.Revision, Hashes: make(map[string]string, len(s.Stacks))}
	for _, stack := range s.Stacks {
		if stack.isDeleting() {
			continue
		}
		file := stack.Path + "/" + stack.ComposeFile
		if _, twice := found.Hashes[file]; twice {
			return lab.Listing{}, fmt.Errorf("mooring lists %s twice", file)
		}
		found.Hashes[file] = stack.Hash
	}
	return found, nil
}

// metrics reads the metrics of a service that was started with metricsSetting.
func (s *service) metrics(ctx context.Context) (map[string]float64, error) {
	reply, err := lab.Ask(ctx, s.client, http.MethodGet, "http://"+s.metricsAddress+"/metrics", "")
	if err == nil && reply.Status != http.StatusOK {
		err = fmt.Errorf("status %d", reply.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	return lab.ParseMetrics(string(reply.Body)), nil
}

// end stops the process and returns the most memory that it had, in bytes, or 0 on systems without figures.
func (s *service) end() (peak int64, err error) {
	s.client.CloseIdleConnections()
	figures, _ := lab.FiguresOf(s.Command.Process.Pid)
	return figures.Peak, s.Stop()
}

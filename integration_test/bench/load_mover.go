package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"mooring/integration_test/lab"
)

// mover moves a repository's branch while its service is measured. It belongs to the goroutine that move starts, until
// finish returns.
type mover struct {
	repo    lab.Repository
	commits []string
	next    int
	// refreshes is the number of requested refreshes.
	refreshes int
}

// move moves the branch and asks the service for a refresh, again and again, until the function that it returns is
// called. That function returns the first error.
func (m *mover) move(ctx context.Context, s *service) (finish func() error) {
	const pause = 100 * time.Millisecond // between two refreshes
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	// Ends with ctx or at the first error; finish waits for it.
	go func() {
		ended <- every(ctx, pause, func() error { return m.step(context.WithoutCancel(ctx), s) })
	}()
	return func() error { cancel(); return <-ended }
}

// step moves the branch to another commit and asks for a refresh.
func (m *mover) step(ctx context.Context, s *service) error {
	m.next = (m.next + 1) % len(m.commits)
	if err := m.repo.Move(m.commits[m.next]); err != nil {
		return err
	}
	m.refreshes++
	_, err := s.ask(ctx, http.MethodPost, "/api/v1/refresh", "", nil, http.StatusAccepted)
	return err
}

// allCompleted waits for the last refresh, and returns an error when one of the last hundred has failed.
func (s *service) allCompleted(ctx context.Context) error {
	if _, err := s.refresh(ctx); err != nil {
		return err
	}
	reply, err := s.ask(ctx, http.MethodGet, "/api/v1/refreshes?limit=100", "", nil, http.StatusOK)
	if err != nil {
		return err
	}
	var list struct{ Refreshes []outcome }
	if err := json.Unmarshal(reply.Body, &list); err != nil {
		return err
	}
	for _, one := range list.Refreshes {
		if one.Status == "failed" {
			return errors.New("a refresh has failed: " + one.Error.Message)
		}
	}
	return nil
}

// every calls a function again and again, with a pause before each call, until the context ends.
func every(ctx context.Context, pause time.Duration, do func() error) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := do(); err != nil {
			return err
		}
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"mooring/integration_test/lab"
)

// hookSecret signs the deliveries of the bench.
const hookSecret = `the "webhook's" <key> & more`

// loadFigures measures two things of each side over smart HTTP: many callers at once while Git hangs, and the time from
// a push until it is served.
func (b *bench) loadFigures(
	ctx context.Context, o options, repo lab.Repository, commits []string, out io.Writer,
) (missed bool, err error) {
	var served []time.Duration // medians
	for _, side := range b.sides {
		if o.callers > 0 {
			if err := b.callers(ctx, side, o.callers, repo, out); err != nil {
				return false, fmt.Errorf("%s, callers: %w", side.name, err)
			}
		}
		if o.pushes > 0 {
			median, err := b.pushes(ctx, side, repo, commits[:o.pushes+1], out)
			if err != nil {
				return false, fmt.Errorf("%s, pushes: %w", side.name, err)
			}
			served = append(served, median)
		}
	}
	if len(served) < 2 {
		return false, nil
	}
	ratio := quotient(served[0], served[1])
	fmt.Fprintf(out, "pushes until they are served, mooring / older: %.2f\n", ratio)
	return ratio > slower, nil
}

// figured starts a side, calls do, stops the side, and returns the most memory that it had.
func (b *bench) figured(ctx context.Context, of side, repo lab.Repository, do func(*service) error) (peak int64, err error) {
	s, err := b.launchReady(ctx, of, b.host.Address(repo), "WEBHOOK_SECRET="+hookSecret)
	if err != nil {
		return 0, err
	}
	err = do(s)
	peak, stopped := s.end()
	return peak, errors.Join(err, stopped)
}

// callers lets many ask for a refresh at once while Git hangs. Each must be accepted.
func (b *bench) callers(ctx context.Context, of side, count int, repo lab.Repository, out io.Writer) error {
	peak, err := b.figured(ctx, of, repo, func(s *service) error {
		before := b.host.Counts().Tips
		b.host.Hang()
		took, total, err := s.callAtOnce(ctx, count)
		b.host.Release()
		if err == nil {
			err = s.idle(ctx)
		}
		fmt.Fprintf(out, "%s: %d calls at once while Git hangs: all accepted in %s, longest %s; fetches in all: %d\n",
			of.name, count, total.Round(time.Millisecond), percentile(took, 100), b.host.Counts().Tips-before)
		return err
	})
	fmt.Fprintf(out, "%s: peak memory with them: %s\n", of.name, inMiB(peak))
	return err
}

// callAtOnce asks for refreshes at once. It returns the time of each answer, and the time until the last one.
func (s *service) callAtOnce(ctx context.Context, count int) (took []time.Duration, total time.Duration, err error) {
	type end struct {
		took time.Duration
		err  error
	}
	ends := make(chan end, 1)
	began := time.Now()
	for range count {
		// Ends with its answer; the code below receives it.
		go func() {
			asked := time.Now()
			_, err := s.ask(ctx, http.MethodPost, "/api/v1/refresh", "", nil, http.StatusAccepted)
			ends <- end{time.Since(asked), err}
		}()
	}
	for range count {
		e := <-ends
		took, err = append(took, e.took), errors.Join(err, e.err)
	}
	return took, time.Since(began), err
}

// idle waits until no refresh runs any more. The last one must have completed.
func (s *service) idle(ctx context.Context) error {
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		var now outcome
		reply, err := s.ask(ctx, http.MethodGet, "/api/v1/refresh", "", nil, http.StatusOK)
		if err == nil {
			err = json.Unmarshal(reply.Body, &now)
		}
		switch {
		case err != nil || now.Status == "completed":
			return err
		case now.Status == "failed":
			return errors.New("the refresh has failed")
		}
		<-again.C
	}
}

// pushes measures the time from the answer to a delivery until the pushed revision is served, and returns the median.
func (b *bench) pushes(
	ctx context.Context, of side, repo lab.Repository, commits []string, out io.Writer,
) (median time.Duration, err error) {
	var took []time.Duration
	if err := repo.Move(commits[0]); err != nil {
		return 0, err
	}
	_, err = b.figured(ctx, of, repo, func(s *service) error {
		reply, err := s.ask(ctx, http.MethodGet, "/api/v1/stacks", "", nil, http.StatusOK)
		for i := 1; i < len(commits) && err == nil; i++ {
			if err = repo.Move(commits[i]); err == nil {
				err = s.deliver(ctx, commits[i-1], commits[i])
			}
			answered := time.Now()
			if err == nil {
				reply, err = s.follow(ctx, reply.Header.Get("Etag"), commits[i])
			}
			took = append(took, time.Since(answered))
		}
		return err
	})
	median = percentile(took, 50)
	fmt.Fprintf(out, "%s: %d pushes, from the webhook's answer until they are served: median %s, p95 %s, longest %s\n",
		of.name, len(took), median, percentile(took, 95), percentile(took, 100))
	return median, err
}

// deliver sends a signed push event.
func (s *service) deliver(ctx context.Context, before, after string) error {
	body := lab.PushEvent(lab.Branch, before, after)
	_, err := s.ask(ctx, http.MethodPost, "/api/v1/webhook", body, []string{
		"X-GitHub-Event: push", "X-GitHub-Delivery: " + after, lab.Sign(hookSecret, body),
	}, http.StatusAccepted)
	return err
}

// follow waits for a revision by long polls, and returns the answer with it.
func (s *service) follow(ctx context.Context, tag, revision string) (lab.Reply, error) {
	for {
		reply, err := s.ask(ctx, http.MethodGet, "/api/v1/stacks?wait=55s", "",
			[]string{"If-None-Match: " + tag}, http.StatusOK, http.StatusNotModified)
		if err != nil || bytes.Contains(reply.Body, []byte(revision)) {
			return reply, err
		}
		tag = reply.Header.Get("Etag")
	}
}

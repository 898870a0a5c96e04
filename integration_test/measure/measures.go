package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// coldStarts measures from the launch to the first 200 of /readyz.
func (b bench) coldStarts(ctx context.Context, out io.Writer) error {
	var times []time.Duration
	var peak int64
	for range coldStarts {
		launched := time.Now()
		s, err := b.start(ctx)
		if err != nil {
			return err
		}
		if err := b.ready(ctx, s); err != nil {
			return err
		}
		times = append(times, time.Since(launched))
		resident, err := s.stop()
		if err != nil {
			return err
		}
		peak = max(peak, resident)
	}
	fmt.Fprintf(out, "cold start to /readyz 200, %d times: median %s, longest %s\n",
		coldStarts, percentile(times, 50), percentile(times, 100))
	fmt.Fprintf(out, "peak RSS of a cold start: %.1f MiB\n", float64(peak)/(1<<20))
	return nil
}

// ready returns when /readyz answers 200, which is asked for every millisecond.
func (b bench) ready(ctx context.Context, s service) error {
	for again := time.Tick(time.Millisecond); ; <-again {
		response, _, err := b.ask(ctx, http.MethodGet, s.base+"/readyz", "")
		if err != nil || response.StatusCode == http.StatusOK {
			return err
		}
	}
}

// storm measures triggers that come at once while Git hangs.
func (b bench) storm(ctx context.Context, out io.Writer) error {
	s, err := b.start(ctx)
	if err != nil {
		return err
	}
	if err := b.ready(ctx, s); err != nil {
		return err
	}
	<-b.tips
	b.tips <- 0
	gate := make(chan struct{})
	<-b.gate
	b.gate <- gate
	answers := make(chan answer, 1)
	began := time.Now()
	for range callers {
		// Ends with its answer, which is received below.
		go func() {
			asked := time.Now()
			response, _, err := b.ask(ctx, http.MethodPost, s.base+"/api/v1/refresh", "")
			answers <- answer{response, time.Since(asked), err}
		}()
	}
	var times []time.Duration
	for range callers {
		got := <-answers
		if got.err != nil {
			return got.err
		}
		if got.response.StatusCode != http.StatusAccepted {
			return fmt.Errorf("a trigger is answered with %s", got.response.Status)
		}
		times = append(times, got.took)
	}
	total := time.Since(began)
	close(gate)
	<-b.gate
	b.gate <- gate
	// Whoever waits now waits for a refresh that starts when those before it have ended.
	response, body, err := b.ask(ctx, http.MethodGet, s.base+"/api/v1/refresh", "")
	for err == nil && response.StatusCode == http.StatusOK && !strings.HasPrefix(body, `{"status":"completed"`) {
		response, body, err = b.ask(ctx, http.MethodGet, s.base+"/api/v1/refresh", "")
	}
	if err != nil {
		return err
	}
	fetches := <-b.tips
	b.tips <- fetches
	fmt.Fprintf(out, "%d POSTs at once while Git hangs: all 202 in %s, longest %s; fetches in all: %d\n",
		callers, total.Round(time.Millisecond), percentile(times, 100), fetches)
	peak, err := s.stop()
	fmt.Fprintf(out, "peak RSS with them: %.1f MiB\n", float64(peak)/(1<<20))
	return err
}

// answer is what one caller of the storm got.
type answer struct {
	response *http.Response
	took     time.Duration
	err      error
}

// webhooks measures from the answer to a delivery until the pushed revision is served.
func (b bench) webhooks(ctx context.Context, out io.Writer) error {
	s, err := b.start(ctx)
	if err != nil {
		return err
	}
	if err := b.ready(ctx, s); err != nil {
		return err
	}
	response, _, err := b.ask(ctx, http.MethodGet, s.base+"/api/v1/stacks", "")
	if err != nil {
		return err
	}
	tag, before := response.Header.Get("Etag"), ""
	var times []time.Duration
	for i := range pushes {
		if err := b.write(i%stacks, fmt.Sprintf("image: nginx:1.%d\n", i)); err != nil {
			return err
		}
		after, err := b.push(ctx)
		if err != nil {
			return err
		}
		if err := b.deliver(ctx, s, before, after); err != nil {
			return err
		}
		answered := time.Now()
		if tag, err = b.follow(ctx, s, tag, after); err != nil {
			return err
		}
		times = append(times, time.Since(answered))
		before = after
	}
	fmt.Fprintf(out, "%d webhooks, from the answer to the revision in GET /api/v1/stacks: median %s, p95 %s, longest %s\n",
		pushes, percentile(times, 50), percentile(times, 95), percentile(times, 100))
	_, err = s.stop()
	return err
}

// deliver sends a signed push event.
func (b bench) deliver(ctx context.Context, s service, before, after string) error {
	body := fmt.Sprintf(`{"ref":"refs/heads/main","before":%q,"after":%q}`, before, after)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	response, _, err := b.ask(ctx, http.MethodPost, s.base+"/api/v1/webhook", body, "X-GitHub-Event", "push",
		"Content-Type", "application/json", "X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	if err == nil && response.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("a delivery is answered with %s", response.Status)
	}
	return err
}

// follow returns, with the new tag, when a revision is served.
func (b bench) follow(ctx context.Context, s service, tag, revision string) (string, error) {
	for {
		response, body, err := b.ask(ctx, http.MethodGet, s.base+"/api/v1/stacks?wait=60s", "", "If-None-Match", tag)
		if err != nil {
			return "", err
		}
		tag = response.Header.Get("Etag")
		if strings.HasPrefix(body, `{"revision":"`+revision+`"`) {
			return tag, nil
		}
	}
}

// percentile returns the time that so many of a hundred do not exceed (nearest rank).
func percentile(times []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1].Round(10 * time.Microsecond)
}

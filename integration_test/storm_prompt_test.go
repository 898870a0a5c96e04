package integration_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/matryer/is"
)

// promptly is the longest time in which the shipped build must answer a trigger or a read, whatever else it does.
const promptly = 2 * time.Second

// isPrompt checks an answer's status and time.
func (r reply) isPrompt(t *testing.T, what string, status int) {
	t.Helper()
	if r.status != status || r.took > promptly {
		t.Errorf("%s is answered with %d, after %s: %.200s", what, r.status, r.took, r.body)
	}
}

// While a thousand callers wait for Git, reads are answered at once.
func TestQuestionsAreAnsweredWhileAThousandTriggersWait(t *testing.T) {
	is := is.New(t)
	_, host, first, s := refreshed(t, twoStacks(), shipped(), "LOG_LEVEL=debug")
	host.Hang()
	const count = 1000
	replies := make([]<-chan reply, count)
	for i := range replies {
		replies[i] = s.later(http.MethodPost, "/api/v1/refresh?wait=60s")
	}
	limit := time.Now().Add(patience)
	for accepted := 0; accepted < count-1 && time.Now().Before(limit); {
		accepted = s.count("refresh queued") // read first: so every path is asked once more after the last one waits
		for _, path := range []string{"/healthz", "/readyz", "/", "/api/v1/stacks", "/api/v1/refresh", "/api/v1/refreshes"} {
			s.get(path).isPrompt(t, path, http.StatusOK)
		}
	}
	is.Equal(s.count("refresh queued"), count-1)
	is.Equal(host.Counts().UnderWay, 1)
	is.Equal(s.snapshot().Revision, first)
	host.Release()
	for _, c := range replies {
		answer := <-c
		is.Equal(answer.status, http.StatusOK)
		is.Equal(decode[refresh](t, answer).Status, "completed")
	}
}

// While a hundred readers ask without pause, each on a connection of its own, triggers are answered at once.
func TestTriggersAreAnsweredWhileAHundredReadersAskWithoutPause(t *testing.T) {
	is := is.New(t)
	repo, _, _, s := refreshed(t, twoStacks(), shipped(), "LOG_LEVEL=info", "WEBHOOK_SECRET="+githubSecret)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	const count = 100
	begun, ended := make(chan struct{}), make(chan error, count)
	for i := range count {
		path := []string{"/api/v1/stacks", "/api/v1/refresh", "/healthz", "/"}[i%4]
		// Ends with ctx; the test waits for it.
		go func() { ended <- s.readWithoutPause(ctx, path, begun) }()
	}
	for range count {
		select {
		case <-begun:
		case err := <-ended:
			t.Fatal(err)
		}
	}
	s.do(http.MethodPost, "/api/v1/refresh", "").isPrompt(t, "a manual trigger", http.StatusAccepted)
	s.deliver("{}", "X-GitHub-Event: push").isPrompt(t, "a webhook", http.StatusAccepted)
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	is.Equal(s.refresh().Revision, next)
	leave()
	for range count {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// readWithoutPause sends a request again and again until ctx ends, and announces its first answer.
func (s *service) readWithoutPause(ctx context.Context, path string, begun chan<- struct{}) error {
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	for first := true; ; first = false {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+path, nil)
		if err != nil {
			return err
		}
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		switch {
		case err != nil:
			return err
		case answer.StatusCode != http.StatusOK:
			return fmt.Errorf("GET %s: %s", path, answer.Status)
		case first:
			select {
			case begun <- struct{}{}:
			case <-ctx.Done():
			}
		}
	}
}

package integration_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/matryer/is"
)

// Many callers at once. These tests count refreshes and answers; bench load measures the time.

// While Git hangs, a thousand triggers are accepted promptly. They cause two fetches, one after the other.
func TestThousandTriggersWhileGitHangsComeToTwoFetches(t *testing.T) {
	is := is.New(t)
	repo, host, _, s := refreshed(t, twoStacks(), shipped())
	before := host.Counts()
	host.Hang()
	const count = 1000
	replies := make([]<-chan reply, count)
	for i := range replies {
		replies[i] = s.later(http.MethodPost, "/api/v1/refresh")
	}
	statuses, replaced := map[string]int{}, map[string]bool{}
	var queued string
	for _, c := range replies {
		answer := <-c
		answer.isPrompt(t, "a trigger", http.StatusAccepted)
		accepted := decode[refresh](t, answer)
		statuses[accepted.Status]++
		if accepted.Replaces != "" {
			is.True(!replaced[accepted.Replaces]) // each is replaced once
			replaced[accepted.Replaces] = true
		}
		if accepted.Status == "queued" { // any of these leads to the last one
			queued = accepted.ID
		}
	}
	is.Equal(statuses, map[string]int{"refreshing": 1, "queued": count - 1})
	is.Equal(len(replaced), count-2)
	host.reached()
	is.Equal(host.Counts().Requests, before.Requests+1)
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	host.Release()
	s.awaitRevision(next)
	s.logged("refresh completed", "id="+s.found(queued).ID) // or the one that took its place in the end
	is.Equal(host.Counts().Tips, before.Tips+2)
	is.Equal(host.Counts().Most, 1)
	is.Equal(len(decode[refreshes](t, s.get("/api/v1/refreshes")).Refreshes), 3) // the start's and these two
}

// All followers get a change.
func TestHundredFollowersAreToldOfAChange(t *testing.T) {
	is := is.New(t)
	repo, _, _, s := refreshed(t, twoStacks())
	tag := s.get("/api/v1/stacks").header.Get("Etag")
	followers := make([]<-chan reply, 100)
	for i := range followers {
		followers[i] = s.later(http.MethodGet, "/api/v1/stacks?wait=30s", "If-None-Match: "+tag)
	}
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	s.trigger()
	for _, c := range followers {
		answer := <-c
		is.Equal(answer.status, http.StatusOK)
		is.Equal(decode[snapshot](t, answer).Revision, next)
	}
}

// Callers that go away while they wait leave no connection open, and do not delay others.
func TestCallersThatGoAwayLeaveNothingBehind(t *testing.T) {
	is := is.New(t)
	_, host, _, s := refreshed(t, twoStacks(), "LOG_LEVEL=debug")
	before := s.measured().Files
	host.Hang()
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	const count = 50
	ended := make(chan error, 1)
	for range count {
		// Ends when the caller leaves; the test waits for it.
		go func() {
			address := "http://" + s.address + "/api/v1/refresh?wait=60s"
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
			if err == nil {
				_, err = s.http.Do(request)
			}
			ended <- err
		}()
	}
	await(t, s.Log, "the triggers", func([]string) bool { return s.count("refresh queued") == count-1 })
	leave()
	for range count {
		is.True(errors.Is(<-ended, context.Canceled))
	}
	host.Release()
	is.Equal(s.refresh().Status, "completed")
	is.Equal(s.status().Queued, nil)
	limit := time.Now().Add(patience) // net/http closes a connection some time after its caller has left
	for again := time.Tick(5 * time.Millisecond); s.measured().Files > before+2 && time.Now().Before(limit); <-again {
	}
	is.True(s.measured().Files <= before+2) // +2: the connections to the host and to this test may be new ones
}

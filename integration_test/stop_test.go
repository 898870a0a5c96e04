package integration_test

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// SIGTERM and SIGINT stop the service within 5 s, a refresh in flight included, with exit code 0.

func TestStopWhileIdle(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		is := is.New(t)
		_, _, _, s := refreshed(t, twoStacks())
		is.Equal(s.stop(signal), 0)
		_, err := s.try(http.MethodGet, "/healthz", "")
		is.True(err != nil) // nobody listens any more
	}
}

func TestStopWhileGitHangs(t *testing.T) {
	is := is.New(t)
	host, _, s := hanging(t)
	is.Equal(s.stop(syscall.SIGTERM), 0)
	await(t, host.State, "the end of the request", func(now lab.HostState) bool { return now.UnderWay == 0 })
	is.Equal(host.Counts().Requests, 1)
}

func TestStopBetweenRetries(t *testing.T) {
	is := is.New(t)
	s := start(t, "GIT_URL="+newRepository(t).bare)
	s.logged("refresh will be retried")
	is.Equal(s.stop(syscall.SIGTERM), 0)
}

func TestStopAskedTwiceIsAStop(t *testing.T) {
	is := is.New(t)
	_, _, s := hanging(t)
	s.signal(syscall.SIGTERM)
	s.signal(syscall.SIGTERM)
	is.Equal(s.exit(), 0)
}

// A client that waits for the running or the queued refresh gets 202, and a client that follows the stacks gets 304.
func TestStopAnswersAllWhoWait(t *testing.T) {
	is := is.New(t)
	_, host, _, s := refreshed(t, twoStacks(), "LOG_LEVEL=debug")
	tag := s.get("/api/v1/stacks").header.Get("Etag")
	host.Hang()
	running := s.later(http.MethodPost, "/api/v1/refresh?wait=60s")
	id := lab.Field(s.logged("refresh started", "source=manual"), "id")
	queued := s.later(http.MethodPost, "/api/v1/refresh?wait=60s")
	s.logged("refresh queued")
	follower := s.followStacks(tag)
	s.signal(syscall.SIGTERM)
	answer := <-running
	is.Equal(answer.status, http.StatusAccepted)
	is.Equal(decode[refresh](t, answer).ID, id)
	is.Equal(decode[refresh](t, answer).Status, "refreshing")
	answer = <-queued
	is.Equal(answer.status, http.StatusAccepted)
	is.Equal(decode[refresh](t, answer).Status, "queued")
	is.Equal(<-follower, http.StatusNotModified)
	is.Equal(s.exit(), 0)
}

// followStacks asks for the next list of stacks after the one with a tag, and returns when the service waits for it.
// The channel gives the status of the answer, 0 when there is none.
func (s *service) followStacks(tag string) <-chan int {
	s.t.Helper()
	is := is.New(s.t)
	entered, statuses := make(chan struct{}, 1), make(chan int, 1)
	// When a handler begins to read a body, the server sends 100 Continue to a client that expects it (RFC 9110,
	// section 10.1.1). This handler reads the body when it has looked at the stacks and has to wait.
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got100Continue: func() { entered <- struct{}{} },
	})
	address := "http://" + s.address + "/api/v1/stacks?wait=60s"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, strings.NewReader("x"))
	is.NoErr(err)
	request.Header.Set("Expect", "100-continue")
	request.Header.Set("If-None-Match", tag)
	// Ends with the answer, which the test waits for.
	go func() {
		response, err := s.http.Do(request)
		if err != nil {
			statuses <- 0
			return
		}
		response.Body.Close()
		statuses <- response.StatusCode
	}()
	select {
	case <-entered:
	case status := <-statuses:
		s.t.Fatalf("a follower is answered at once, with %d", status)
	}
	return statuses
}

func TestHangupAsksForARefresh(t *testing.T) {
	is := is.New(t)
	repo, _, _, s := refreshed(t, twoStacks())
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	s.signal(syscall.SIGHUP)
	s.awaitRevision(next)
	is.Equal(s.status().Last.Trigger.Source, "manual")
}

package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// The log's levels. A refresh's start and end, a change and an accepted webhook are INFO; a refused webhook, a skipped
// entry and a retry are WARN; a failed refresh is ERROR. A line about a refresh has its id, source and revision.

func TestLogLevelsTellWhatHappened(t *testing.T) {
	is := is.New(t)
	repo, host, first, s := hooked(t)
	started := s.logged("level=INFO", `msg="refresh started"`, "source=startup")
	completed := s.logged("level=INFO", `msg="refresh completed"`, "source=startup", "revision="+first)
	is.Equal(lab.Field(started, "id"), lab.Field(completed, "id"))
	s.logged("level=INFO", "changed", "revision="+first)

	next := repo.push(files{
		"web/docker-compose.yaml": "services: {}", "big/docker-compose.yml": strings.Repeat("#", 17<<20),
	})
	accepted := decode[refresh](t, s.deliver(lab.PushEvent("refs/heads/main", first, next), "X-GitHub-Event: push"))
	s.logged("level=INFO", "webhook accepted", "id="+accepted.ID, "source=webhook", "revision="+next)
	s.logged("level=INFO", `msg="refresh completed"`, "id="+accepted.ID, "source=webhook", "revision="+next)
	s.logged("level=WARN", "web/docker-compose.yaml", next)
	s.logged("level=WARN", "big/docker-compose.yml", next)

	s.refuses(s.do(http.MethodPost, "/api/v1/webhook", "{}"), http.StatusUnauthorized, "missing_signature")
	s.logged("level=WARN", "webhook refused", "code=missing_signature")

	host.Refuse(http.StatusBadGateway)
	failed := s.refresh()
	s.logged("level=ERROR", "refresh failed", "id="+failed.ID, "source=manual", "revision="+next, "code=git_unreachable")
	s.logged("level=WARN", "retried", "id="+failed.ID, "source=manual", "revision="+next)
}

func TestSkippedEntryIsWarnedOfOnce(t *testing.T) {
	is := is.New(t)
	repo, _, _, s := refreshed(t, files{
		"web/docker-compose.yml": "services: {}", "web/docker-compose.yaml": "services: {}",
	})
	s.refresh()
	repo.push(files{"other": "file"})
	s.refresh()
	s.finish()
	is.Equal(s.count("level=WARN", "web/docker-compose.yaml"), 1)
}

func TestLogLevelHidesWhatIsBelowIt(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	for level, hidden := range map[string][]string{
		"debug": {}, "info": {"DEBUG"}, "warn": {"DEBUG", "INFO"}, "error": {"DEBUG", "INFO", "WARN"},
	} {
		file := newSecretFile(t, "nothing")
		s := launch(t, t.TempDir(), "GIT_URL="+repo.bare, "HEADLESS=true", "POLL_INTERVAL=1h", "LOG_LEVEL="+level,
			"GIT_DEPLOY_DIR=nowhere", "SNAPSHOT_FILE="+file.path)
		s.logged("level=ERROR", "refresh failed")
		s.snapshotFile += ".unreadable" // the unreadable file was moved there, and no new one was written
		is.Equal(s.stop(syscall.SIGTERM), 0)
		for _, name := range hidden {
			is.Equal(s.count("level="+name), 0)
		}
		is.Equal(s.count("level=WARN") > 0, !slices.Contains(hidden, "WARN"))
	}
}

func TestLogInJSONParsesAndTellsOfRefreshes(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	host := serveRepository(t, repo)
	s := start(t, "GIT_URL="+host.url(), "LOG_FORMAT=json", "LOG_LEVEL=debug")
	s.awaitRevision(first)
	host.Refuse(http.StatusBadGateway)
	failed := s.refresh()
	s.finish()
	about := map[string]int{}
	for _, line := range s.lines() {
		if line == lab.EndOfLog {
			continue
		}
		var told map[string]any
		is.NoErr(json.Unmarshal([]byte(line), &told))
		is.True(told["time"] != nil && told["level"] != nil)
		message := fmt.Sprint(told["msg"])
		if strings.HasPrefix(message, "refresh ") {
			about[message]++
			is.True(told["id"] != "" && told["source"] != "")
			_, text := told["revision"].(string)
			is.True(text)
		}
		if message == "refresh failed" && told["id"] == failed.ID {
			is.Equal(told["level"], "ERROR")
			is.Equal(told["revision"], first)
			is.Equal(told["source"], "manual")
		}
	}
	is.True(about["refresh started"] >= 2)
	is.Equal(about["refresh completed"], 1)
	is.True(about["refresh failed"] >= 1)
}

// Foreign text cannot begin a new line in the log or control the reader's terminal.
func TestLogQuotesWhatComesFromOutside(t *testing.T) {
	is := is.New(t)
	_, _, _, s := refreshed(t, twoStacks(), "LOG_LEVEL=debug")
	s.refuses(s.get("/nowhere%0Atime=now%20level=ERROR%1B%5B31m"), http.StatusNotFound, "not_found")
	line := s.logged("level=DEBUG", "nowhere")
	is.True(strings.Contains(line, "level=ERROR")) // on the same line, inside quotes
	is.True(!strings.Contains(line, "\x1b"))
}

// Over HTTP/2 a client that leaves resets its stream. Over HTTP/1 it looks like a client that only sends no more, and is
// answered.
func TestRequestThatIsNotAnsweredIsLoggedWithoutAStatus(t *testing.T) {
	is := is.New(t)
	_, _, _, s := refreshed(t, twoStacks(), "LOG_LEVEL=debug")
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	ctx, leave := context.WithCancel(t.Context())
	sent := make(chan struct{})
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }}
	request, err := http.NewRequestWithContext(
		httptrace.WithClientTrace(ctx, trace), http.MethodGet, "http://"+s.address+"/api/v1/stacks?wait=50s", nil)
	is.NoErr(err)
	request.Header.Set("If-None-Match", "*")
	left := make(chan error, 1)
	// Ends when leave is called; it is waited for below.
	go func() {
		_, err := transport.RoundTrip(request)
		left <- err
	}()
	<-sent
	// When the service has answered this, over the same connection, it has the request above, too.
	probe, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+"/healthz", nil)
	is.NoErr(err)
	response, err := transport.RoundTrip(probe)
	is.NoErr(err)
	is.NoErr(response.Body.Close())
	leave()
	is.True(<-left != nil)
	s.logged("msg=request", "path=/api/v1/stacks", "status=0")
}

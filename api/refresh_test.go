package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
)

func TestPostRefreshTellsThatItRuns(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	r := s.do("POST", "/api/v1/refresh", "anything")
	body := decoded(t, r)
	is.Equal(r.status, http.StatusAccepted)
	is.Equal(body["status"], "refreshing")
	is.Equal(body["message"], "the refresh is running")
	is.Equal(r.header.Get("Location"), "refreshes/"+body["id"].(string))
	is.Equal(body["trigger"].(map[string]any)["source"], "manual")
	_, err := time.Parse(timeLayout, body["started_at"].(string))
	is.NoErr(err)
	for _, absent := range []string{"replaces", "finished_at", "duration_ms", "revision", "changes", "error"} {
		is.Equal(body[absent], nil) // absent
	}
	is.Equal(decoded(t, s.do("GET", "/api/v1/"+r.header.Get("Location"), "")), body)
}

func TestPostRefreshWhileOneRunsIsQueuedAndReplaced(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	first := decoded(t, s.do("POST", "/api/v1/refresh", ""))
	second := decoded(t, s.do("POST", "/api/v1/refresh", ""))
	third := decoded(t, s.do("POST", "/api/v1/refresh?wait=0s", ""))
	is.Equal(second["status"], "queued")
	is.Equal(second["message"], "a refresh is already running; this one is queued")
	is.Equal(second["replaces"], nil)
	is.Equal(second["started_at"], nil)
	is.Equal(third["replaces"], second["id"])
	// The id of the replaced one finds the one that took its place.
	is.Equal(decoded(t, s.do("GET", "/api/v1/refreshes/"+second["id"].(string), "")), third)
	status := decoded(t, s.do("GET", "/api/v1/refresh", ""))
	is.Equal(status["current"], first)
	is.Equal(status["queued"], third)
	list := decoded(t, s.do("GET", "/api/v1/refreshes", ""))
	is.Equal(list["refreshes"], []any{third, first})
}

func TestPostRefreshWithWaitAnswersAtTheEnd(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Outcomes <- apitest.Outcome{Desired: actors.DesiredState{Revision: apitest.RevisionA, Stacks: apitest.Stacks("a", "b")}}
	r := s.do("POST", "/api/v1/refresh?wait=1h", "")
	body := decoded(t, r)
	is.Equal(r.status, http.StatusOK)
	is.Equal(r.header.Get("Location"), "")
	is.Equal(body["status"], "completed")
	is.Equal(body["message"], "the refresh has completed; stacks in Git: 2 added, 0 changed, 0 removed, 0 touched")
	is.Equal(body["revision"], apitest.RevisionA)
	is.Equal(body["changes"], map[string]any{"added": []any{"a", "b"}, "changed": []any{}, "removed": []any{}, "touched": []any{}})
	is.True(body["duration_ms"].(float64) >= 0)

	s.Outcomes <- apitest.Outcome{Err: &actors.Failure{Code: actors.CodeAuth, Message: "the host wants a password"}}
	r = s.do("POST", "/api/v1/refresh?wait=30s", "")
	body = decoded(t, r)
	is.Equal(r.status, http.StatusBadGateway)
	is.Equal(body["status"], "failed")
	is.Equal(body["message"], "the host wants a password")
	is.Equal(body["error"], map[string]any{"code": "git_auth", "message": "the host wants a password"})
	is.Equal(body["changes"], nil)
}

func TestPostRefreshIsAcceptedWhenTheWaitEndsFirst(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	r := s.do("POST", "/api/v1/refresh?wait=5ms", "")
	body := decoded(t, r)
	is.Equal(r.status, http.StatusAccepted)
	is.Equal(body["status"], "refreshing")
	is.Equal(r.header.Get("Location"), "refreshes/"+body["id"].(string))
}

func TestWaitingRequestsAreAnsweredWhenTheActorStops(t *testing.T) {
	is := is.New(t)
	viewed := make(chan struct{})
	s := serve(t, options{wrap: func(r Refresher) Refresher { return observed{r, viewed} }})
	answers := make(chan reply, 1)
	// Ends with the answer, which comes when the actor stops; the test waits for it.
	go func() { answers <- s.do("GET", "/api/v1/stacks?wait=1m", "", "If-None-Match: *") }()
	waiting(t, viewed, 1)
	triggered := make(chan reply, 1)
	// Ends with the answer, as above.
	go func() { triggered <- s.do("POST", "/api/v1/refresh?wait=1m", "") }()
	for { // until the actor has accepted the trigger
		view, err := s.View(t.Context())
		is.NoErr(err)
		if _, running := view.Current(); running {
			break
		}
	}
	s.stopActor()
	is.Equal((<-answers).status, http.StatusNotModified)
	r := <-triggered
	is.Equal(r.status, http.StatusAccepted)
	is.Equal(decoded(t, r)["status"], "refreshing")
	// Later requests are refused.
	for _, request := range [][2]string{
		{"POST", "/api/v1/refresh"}, {"POST", "/api/v1/refresh?wait=1s"}, {"GET", "/api/v1/refresh"},
		{"GET", "/api/v1/refreshes/x"}, {"DELETE", "/api/v1/stacks/x"},
	} {
		s.refuses(s.do(request[0], request[1], ""), http.StatusServiceUnavailable, codeShuttingDown)
	}
}

func TestMalformedParametersOfRefreshesAreRefused(t *testing.T) {
	s := serve(t, options{})
	for _, wait := range []string{"", "30", "-1s", "-1ns", "abc", "1x", "NaN", "9999999999h", "1s&wait=1s", "%zz", "+1s"} {
		s.refuses(s.do("POST", "/api/v1/refresh?wait="+wait, ""), http.StatusBadRequest, codeInvalidParameter)
		s.refuses(s.do("GET", "/api/v1/stacks?wait="+wait, ""), http.StatusBadRequest, codeInvalidParameter)
	}
	for _, limit := range []string{"", "0", "-1", "101", "1.5", "x", "99999999999999999999", "5&limit=5"} {
		s.refuses(s.do("GET", "/api/v1/refreshes?limit="+limit, ""), http.StatusBadRequest, codeInvalidParameter)
	}
	view, err := s.View(t.Context())
	is.New(t).NoErr(err)
	is.New(t).Equal(len(view.Refreshes(100)), 0) // no refused request has triggered a refresh
}

func TestBodyOfRefreshIsBounded(t *testing.T) {
	s := serve(t, options{})
	for _, path := range []string{"/api/v1/refresh", "/api/v1/refresh?wait=1ms"} {
		r := s.do("POST", path, strings.Repeat("x", ignoredBodyLimit+1))
		s.refuses(r, http.StatusRequestEntityTooLarge, codePayloadTooLarge)
		is.New(t).Equal(s.do("POST", path, strings.Repeat("x", ignoredBodyLimit)).status, http.StatusAccepted)
	}
}

// However short the wait is, each request triggers one refresh.
func TestWaitThatEndsBeforeTheActorIsReachedIsAcceptedOnce(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	const requests = 200
	for range requests {
		r := s.do("POST", "/api/v1/refresh?wait=1ns", "")
		is.Equal(r.status, http.StatusAccepted)
		is.Equal(r.header.Get("Location"), "refreshes/"+decoded(t, r)["id"].(string))
	}
	view, err := s.View(t.Context())
	is.NoErr(err)
	is.Equal(view.Totals.Replaced, uint64(requests-2)) // one runs, one is queued
}

func TestWaitIsCutTo55Seconds(t *testing.T) {
	is := is.New(t)
	for text, wait := range map[string]time.Duration{
		"55s": 55 * time.Second, "60s": 55 * time.Second, "2400h": 55 * time.Second, "1.5s": 1500 * time.Millisecond, "0": 0, "1ns": 1,
	} {
		got, err := parseWait(url.Values{"wait": {text}})
		is.NoErr(err)
		is.Equal(got, wait) // text
	}
}

func TestRefreshStatusFollowsTheActor(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	const start = `{"status":"refreshing","revision":null,"refreshed_at":null,"current":null,"queued":null,` +
		`"last":null,"last_success":null,"consecutive_failures":0,"next_poll_at":null,"source":{"url":"","ref":"","deploy_dir":"","compose_files":[]}}` + "\n"
	is.Equal(s.do("GET", "/api/v1/refresh", "").body, start)
	s.Failed("no route to host")
	status := decoded(t, s.do("GET", "/api/v1/refresh", ""))
	is.Equal(status["status"], "failed")
	is.Equal(status["consecutive_failures"], 1.0)
	is.True(status["next_poll_at"] != nil) // the retry
	is.Equal(status["refreshed_at"], nil)
	refresh := s.Refreshed(apitest.RevisionA)
	status = decoded(t, s.do("GET", "/api/v1/refresh", ""))
	is.Equal(status["status"], "completed")
	is.Equal(status["revision"], apitest.RevisionA)
	is.Equal(status["refreshed_at"], refresh.FinishedAt.UTC().Format(timeLayout))
	is.Equal(status["last"].(map[string]any)["id"], refresh.ID)
	is.Equal(status["last_success"], status["last"])
	is.Equal(status["next_poll_at"], nil)
	is.Equal(status["consecutive_failures"], 0.0)
}

func TestRefreshesAreListedNewestFirst(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	is.Equal(s.do("GET", "/api/v1/refreshes", "").body, `{"refreshes":[]}`+"\n")
	var ids []string
	for i := range 105 {
		ids = append([]string{s.Refreshed(fmt.Sprintf("%040d", i)).ID}, ids...)
	}
	for query, length := range map[string]int{"": 50, "?limit=1": 1, "?limit=100": 100, "?limit=7": 7} {
		list := decoded(t, s.do("GET", "/api/v1/refreshes"+query, ""))["refreshes"].([]any)
		is.Equal(len(list), length)
		for i, refresh := range list {
			is.Equal(refresh.(map[string]any)["id"], ids[i])
		}
	}
	is.Equal(decoded(t, s.do("GET", "/api/v1/refreshes/"+ids[99], ""))["id"], ids[99])
	for _, id := range []string{ids[100], "x", "%00", "..", "%2F", strings.Repeat("x", 1000)} {
		s.refuses(s.do("GET", "/api/v1/refreshes/"+id, ""), http.StatusNotFound, codeNotFound)
	}
}

// Over HTTP/1 a client that leaves looks like one that only sends no more. Its wait goes on, and ends in its time.
func TestWaitOfAClientThatLeavesEndsInItsTime(t *testing.T) {
	is := is.New(t)
	gone := make(chan error, 1)
	s := serve(t, options{wrap: func(r Refresher) Refresher { return watched{r, gone} }})
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, "POST", "http://"+s.address+"/api/v1/refresh?wait=1s",
		strings.NewReader("a body that has no meaning"))
	is.NoErr(err)
	left := make(chan error, 1)
	// Ends when leave is called below; the test waits for it.
	go func() {
		_, err := s.client.Do(request)
		left <- err
	}()
	for view, _ := s.View(ctx); ; view, _ = s.View(ctx) {
		if _, running := view.Current(); running {
			break
		}
	}
	leave()
	is.True(<-left != nil)
	is.NoErr(<-gone) // the end of the wait, and not of the context
}

// watched is a Refresher that tells how the context of a wait ended.
type watched struct {
	Refresher
	gone chan<- error
}

func (w watched) TriggerAndWait(
	ctx context.Context, trigger actors.Trigger, enough <-chan struct{},
) (actors.Refresh, error) {
	refresh, err := w.Refresher.TriggerAndWait(ctx, trigger, enough)
	w.gone <- ctx.Err()
	return refresh, err
}

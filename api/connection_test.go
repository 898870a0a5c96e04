package api

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
)

// counted is a Refresher that counts the views that are asked for: the channel, of capacity 1, holds how many.
type counted struct {
	Refresher
	views chan int
}

func (c counted) View(ctx context.Context) (actors.View, error) {
	c.views <- 1 + <-c.views
	return c.Refresher.View(ctx)
}

func serveCounted(t *testing.T) (service, func() int) {
	t.Helper()
	views := make(chan int, 1)
	views <- 0
	s := serve(t, options{wrap: func(r Refresher) Refresher { return counted{r, views} }})
	return s, func() int { n := <-views; views <- n; return n }
}

// kept is one connection over which request follows request.
type kept struct {
	t *testing.T
	net.Conn
	answers *bufio.Reader
}

func (s service) keep() kept {
	s.t.Helper()
	connection, err := net.Dial("tcp", s.address)
	is.New(s.t).NoErr(err)
	s.t.Cleanup(func() { connection.Close() })
	return kept{s.t.(*testing.T), connection, bufio.NewReader(connection)}
}

func (k kept) get(path string, headers ...string) reply {
	k.t.Helper()
	is := is.New(k.t)
	request := "GET " + path + " HTTP/1.1\r\nHost: x\r\n"
	for _, header := range headers {
		request += header + "\r\n"
	}
	_, err := io.WriteString(k.Conn, request+"\r\n")
	is.NoErr(err)
	response, err := http.ReadResponse(k.answers, nil)
	is.NoErr(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	is.NoErr(err)
	return reply{response.StatusCode, response.Header, string(body)}
}

func TestPollingOneConnectionAsksTheActorWhenSomethingIsNew(t *testing.T) {
	is := is.New(t)
	s, views := serveCounted(t)
	s.refreshed(revisionA, "a", "b")
	k := s.keep()
	for _, path := range []string{"/api/v1/refresh", "/api/v1/stacks", "/api/v1/stacks?status=synced"} {
		before := views()
		first := k.get(path)
		is.Equal(first.status, http.StatusOK)
		for range 10 {
			again := k.get(path)
			is.Equal(again.body, first.body)
			is.Equal(again.header.Get("Etag"), first.header.Get("Etag"))
		}
		is.Equal(views()-before, 1) // path
	}
}

func TestWhatWasAnsweredElsewhereIsSeenOnEveryConnection(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.refreshed(revisionA, "a")
	k := s.keep()
	old := k.get("/api/v1/stacks")
	tag := "If-None-Match: " + old.header.Get("Etag")
	is.Equal(k.get("/api/v1/stacks", tag).status, http.StatusNotModified)
	for i, report := range []string{`{"status":"syncing"}`, `{"status":"missing"}`} {
		other := s.do("PUT", "/api/v1/stacks/a", report)
		is.Equal(other.status, http.StatusOK)
		now := k.get("/api/v1/stacks", tag)
		is.Equal(now.status, http.StatusOK) // the report
		tag = "If-None-Match: " + now.header.Get("Etag")
		is.Equal(now.body, s.do("GET", "/api/v1/stacks", "").body)
		s.refreshed([]string{revisionB, revisionA}[i], "a")
		is.Equal(k.get("/api/v1/refresh").body, s.do("GET", "/api/v1/refresh", "").body)
	}
	s.stopActor()
	is.Equal(k.get("/api/v1/refresh").status, http.StatusServiceUnavailable)
	is.Equal(k.get("/api/v1/stacks").status, http.StatusServiceUnavailable)
	is.Equal(k.get("/healthz").status, http.StatusServiceUnavailable)
}

func TestOneConnectionCanAskForListsInTurn(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.refreshed(revisionA, "a", "b")
	is.Equal(s.do("PUT", "/api/v1/stacks/a", `{"status":"syncing"}`).status, http.StatusOK)
	k := s.keep()
	for range 3 {
		for _, path := range []string{
			"/api/v1/stacks", "/api/v1/stacks?status=syncing", "/api/v1/stacks?status=missing", "/api/v1/stacks?in_sync=true",
		} {
			is.Equal(k.get(path).body, s.do("GET", path, "").body)
			compressed := k.get(path, "Accept-Encoding: gzip")
			is.Equal(compressed.body, s.do("GET", path, "", "Accept-Encoding: gzip").body)
			is.Equal(compressed.header.Get("Content-Encoding"), "gzip")
		}
	}
}

func TestHealthIsAskedForAgainWhenAnAnswerGrowsOld(t *testing.T) {
	is := is.New(t)
	s, views := serveCounted(t)
	k := s.keep()
	is.Equal(k.get("/healthz").status, http.StatusOK)
	first := views()
	limit := time.Now().Add(20 * time.Second)
	for views() == first { // within healthFreshness the answer holds, and then no longer
		is.Equal(k.get("/healthz").status, http.StatusOK)
		is.True(time.Now().Before(limit))
	}
}

func TestIdleConnectionsKeepOneStatusTogether(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	var paths []string
	for i := range 10_000 {
		paths = append(paths, strings.Repeat("x", 90)+strconv.Itoa(i+10_000))
	}
	s.refreshed(revisionA, paths...)
	heap := func() int {
		runtime.GC()
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int(stats.HeapAlloc)
	}
	first := s.keep()
	size := len(first.get("/api/v1/refresh").body)
	is.True(size > 1<<20)
	before := heap()
	for range 30 {
		is.Equal(len(s.keep().get("/api/v1/refresh").body), size)
	}
	is.True(heap()-before < 5*size)
	runtime.KeepAlive(first)
}

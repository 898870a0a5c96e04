package api

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// wire is one connection for several requests, one after another.
type wire struct {
	t *testing.T
	net.Conn
	answers *bufio.Reader
}

func (s service) keep() wire {
	s.t.Helper()
	connection, err := net.Dial("tcp", s.address)
	is.New(s.t).NoErr(err)
	s.t.Cleanup(func() { connection.Close() })
	return wire{s.t.(*testing.T), connection, bufio.NewReader(connection)}
}

func (k wire) get(path string, headers ...string) reply {
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

func TestWhatWasAnsweredElsewhereIsSeenOnEveryConnection(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a")
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
		s.Refreshed([]string{apitest.RevisionB, apitest.RevisionA}[i], "a")
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
	s.Refreshed(apitest.RevisionA, "a", "b")
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

func TestIdleConnectionsKeepNoAnswers(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	var paths []string
	for i := range 10_000 {
		paths = append(paths, strings.Repeat("x", 90)+strconv.Itoa(i+10_000))
	}
	s.Refreshed(apitest.RevisionA, paths...)
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

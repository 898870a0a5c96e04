package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
)

// overHTTP2 returns the service with a client that speaks HTTP/2 in cleartext from the first byte on.
func (s service) overHTTP2() service {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{DisableCompression: true, Protocols: protocols}
	s.client = &http.Client{Transport: transport, CheckRedirect: s.client.CheckRedirect}
	s.t.Cleanup(transport.CloseIdleConnections)
	return s
}

func TestEveryRouteIsServedOverHTTP2(t *testing.T) {
	is := is.New(t)
	h1 := serve(t, options{})
	h2 := h1.overHTTP2()
	refresh := h1.Refreshed(apitest.RevisionA, ".", "apps/web")
	response, err := h2.client.Get("http://" + h2.address + "/healthz")
	is.NoErr(err)
	is.Equal(response.Proto, "HTTP/2.0")
	is.NoErr(response.Body.Close())
	for _, request := range [][2]string{
		{"GET", "/healthz"}, {"GET", "/readyz"}, {"GET", "/api/v1/refresh"}, {"GET", "/api/v1/refreshes"},
		{"GET", "/api/v1/refreshes/" + refresh.ID}, {"GET", "/api/v1/stacks"}, {"GET", "/api/v1/stacks/apps%2Fweb"},
		{"HEAD", "/api/v1/stacks"}, {"GET", "/api/v1/stacks/"}, {"GET", "/openapi.json"}, {"GET", "/none"},
		{"PATCH", "/api/v1/stacks"}, {"DELETE", "/api/v1/stacks/apps/web"}, {"POST", "/api/v1/webhook"},
		{"GET", "/api/v1/stacks?wait=x"},
	} {
		one, two := h1.do(request[0], request[1], ""), h2.do(request[0], request[1], "")
		is.Equal(one.body, two.body) // request
		is.Equal(one.status, two.status)
		one.header.Del("Date")
		two.header.Del("Date")
		is.Equal(one.header, two.header)
	}
	is.True(strings.Contains(h2.do("GET", "/", "").body, ">apps/web<"))
	is.Equal(h2.do("PUT", "/api/v1/stacks/apps/web", `{"status":"syncing"}`).status, http.StatusOK)
	h2.refuses(h2.do("PUT", "/api/v1/stacks/apps/web", `{"status":"syncing"}`, "Origin: https://evil.example"),
		http.StatusForbidden, codeCrossOrigin)
	s := serve(t, options{settings: Settings{AllowedHosts: []string{"example.org"}}}).overHTTP2()
	s.refuses(s.do("GET", "/api/v1/stacks", "", "Host: elsewhere"), http.StatusMisdirectedRequest, codeMisdirected)
	is.Equal(s.do("GET", "/api/v1/stacks", "", "Host: example.org:80").status, http.StatusOK)
}

func TestLongPollsOverHTTP2ShareAConnection(t *testing.T) {
	is := is.New(t)
	viewed := make(chan struct{})
	const clients = streamsAtOnce
	o := options{wrap: func(r Refresher) Refresher { return observed{r, viewed} }}
	s := serve(t, o).overHTTP2()
	s.Refreshed(apitest.RevisionA, "a")
	tag := newList(s.Viewed().Snapshot, filter{}).etag
	answers := make(chan reply)
	for range clients {
		// Ends with its answer, which follows the report below; the test receives all answers.
		go func() { answers <- s.do("GET", "/api/v1/stacks?wait=1m", "", "If-None-Match: "+tag) }()
	}
	waiting(t, viewed, clients)
	s.Reported(actors.Report{Path: "a", Status: actors.Syncing})
	waiting(t, viewed, clients)
	for range clients {
		r := <-answers
		is.Equal(r.status, http.StatusOK)
		is.True(r.header.Get("Etag") != tag)
	}
}

// HTTP/2 ends a stream at the write timeout, even one that has nothing to write yet, unless the handler has asked for more.
func TestLongPollOverHTTP2OutlivesTheWriteTimeoutAndEndsUnchanged(t *testing.T) {
	s := serve(t, options{adjust: func(s *Server) { s.http.WriteTimeout = time.Second }}).overHTTP2()
	r := s.do("GET", "/api/v1/stacks?wait=1100ms", "", "If-None-Match: *")
	is.New(t).Equal(r.status, http.StatusNotModified)
}

func TestDeliveriesOverHTTP2(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret)).overHTTP2()
	r := s.deliver(apitest.Push("refs/heads/main", apitest.RevisionA, apitest.RevisionB), "X-GitHub-Event: push")
	is.Equal(r.status, http.StatusAccepted)
	is.Equal(decoded(t, r)["trigger"].(map[string]any)["expected_revision"], apitest.RevisionB)
	s.refuses(s.do("POST", webhookPath, "{}", apitest.Sign("guess", "{}")), http.StatusUnauthorized, codeInvalidSignature)
	large := `{"commits":"` + strings.Repeat("x", 1<<20) + `",` +
		apitest.Push("refs/heads/topic", apitest.RevisionA, apitest.RevisionB)[1:]
	is.Equal(s.deliver(large, "X-GitHub-Event: push").status, http.StatusOK) // the push was parsed: it is for another ref
}

func TestBodiesOverHTTP2AreBounded(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret)).overHTTP2()
	s.Refreshed(apitest.RevisionA, "a")
	long := strings.Repeat(" ", ignoredBodyLimit+1)
	for _, request := range [][2]string{{"PUT", "/api/v1/stacks/a"}, {"POST", "/api/v1/refresh"}, {"DELETE", "/api/v1/stacks/a"}} {
		s.refuses(s.do(request[0], request[1], long), http.StatusRequestEntityTooLarge, codePayloadTooLarge)
	}
	for _, length := range []int64{largestDelivery + 1, -1} {
		body := io.LimitReader(endless{}, largestDelivery+1)
		request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.address+webhookPath, body)
		is.NoErr(err)
		request.ContentLength = length
		r := s.send(request, "X-Hub-Signature-256: sha256="+strings.Repeat("0", 64))
		s.refuses(r, http.StatusRequestEntityTooLarge, codePayloadTooLarge)
	}
	is.Equal(s.do("GET", "/healthz", "").status, http.StatusOK) // the connection goes on
}

func TestLargeHeadersOverHTTP2AreRefused(t *testing.T) {
	s := serve(t, options{}).overHTTP2()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+s.address+"/healthz", nil)
	is.New(t).NoErr(err)
	request.Header.Set("X", strings.Repeat("x", 40<<10))
	response, err := s.client.Do(request)
	if err == nil { // otherwise the client itself refused to send a header of that size
		defer response.Body.Close()
		is.New(t).Equal(response.StatusCode, http.StatusRequestHeaderFieldsTooLarge)
	}
}

func TestSlowBodyOverHTTP2IsCutOff(t *testing.T) {
	o := withSecret(apitest.GitHubSecret)
	o.adjust = func(s *Server) { s.http.ReadTimeout = 50 * time.Millisecond }
	s := serve(t, o).overHTTP2()
	for _, path := range []string{webhookPath, "/api/v1/refresh", "/api/v1/refresh?wait=1m"} {
		body, end := io.Pipe() // only the first half of the body comes
		defer end.Close()
		// Ends when the half is read, or the request is over.
		go io.WriteString(end, "ha")
		request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.address+path, body)
		is.New(t).NoErr(err)
		r := s.send(request, apitest.Sign(apitest.GitHubSecret, ""))
		s.refuses(r, http.StatusBadRequest, codeInvalidBody)
	}
}

// http2Start is the start of an HTTP/2 connection: the preface and an empty SETTINGS frame (RFC 9113, 3.4 and 6.5).
const http2Start = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

func TestSlowHeadersOverHTTP2AreCutOff(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{adjust: func(s *Server) {
		s.http.HTTP2.SendPingTimeout, s.http.HTTP2.PingTimeout = 50*time.Millisecond, 50*time.Millisecond
		s.http.ReadHeaderTimeout = 50 * time.Millisecond
	}})
	const headers = "\x00\x00\x64\x01\x00\x00\x00\x00\x01"  // HEADERS of 100 bytes on stream 1, without END_HEADERS
	const rest = "\x00\x00\x01\x09\x00\x00\x00\x00\x01\x82" // CONTINUATION of 1 byte, ":method: GET", without END_HEADERS
	for _, start := range []string{
		"PRI * HTT", http2Start, http2Start + headers, http2Start + headers + "\x82\x84",
		http2Start + "\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82" + rest + rest,
	} {
		connection := s.dial()
		_, err := io.WriteString(connection, start)
		is.NoErr(err)
		closed(t, connection)
	}
}

func TestIdleConnectionsOverHTTP2AreClosed(t *testing.T) {
	s := serve(t, options{adjust: func(s *Server) { s.http.IdleTimeout = 10 * time.Millisecond }})
	connection := s.dial()
	_, err := io.WriteString(connection, http2Start)
	is.New(t).NoErr(err)
	closed(t, connection)
}

func TestClientThatLeavesOverHTTP2LeavesNothingBehind(t *testing.T) {
	is := is.New(t)
	gone := make(chan error, 1)
	s := serve(t, options{wrap: func(r Refresher) Refresher { return watched{r, gone} }}).overHTTP2()
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, "POST", "http://"+s.address+"/api/v1/refresh?wait=1m", nil)
	is.NoErr(err)
	left := make(chan error, 1)
	// Ends when leave is called below; the test waits for it.
	go func() {
		_, err := s.client.Do(request)
		left <- err
	}()
	s.running()
	leave()
	is.True(<-left != nil)
	is.Equal(<-gone, context.Canceled)                          // the handler's wait is over long before the minute
	is.Equal(s.do("GET", "/healthz", "").status, http.StatusOK) // the connection serves others
}

// running returns when a refresh runs.
func (s service) running() {
	s.t.Helper()
	for {
		if _, running := s.Viewed().Current(); running {
			return
		}
	}
}

func TestStopAnswersALongPollOverHTTP2(t *testing.T) {
	is := is.New(t)
	viewed := make(chan struct{})
	s := serve(t, options{wrap: func(r Refresher) Refresher { return observed{r, viewed} }}).overHTTP2()
	answers := make(chan reply, 1)
	// Ends with the answer, which comes when the actor stops; the test waits for it.
	go func() { answers <- s.do("GET", "/api/v1/stacks?wait=1m", "", "If-None-Match: *") }()
	waiting(t, viewed, 1)
	started := time.Now()
	s.stopActor()
	s.stopServer()
	is.True(time.Since(started) < shutdownGrace)
	is.Equal((<-answers).status, http.StatusNotModified)
}

func TestServeEndsThoughRequestsOverHTTP2Hang(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{}).overHTTP2()
	left := make(chan error, 1)
	// Ends when the server closes the connection; the test waits for it.
	go func() {
		_, err := s.client.Post("http://"+s.address+"/api/v1/refresh?wait=1m", "", nil)
		left <- err
	}()
	s.running()
	started := time.Now()
	s.stopServer() // the actor runs on, so nothing ends the wait of the request
	is.True(time.Since(started) < 4*time.Second)
	is.True(<-left != nil)
}

func TestAbortedHandlerEndsItsStreamAlone(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{wrap: func(r Refresher) Refresher { return panicking{r, http.ErrAbortHandler} }}).overHTTP2()
	is.Equal(s.do("GET", "/none", "").status, http.StatusNotFound)
	reused := false
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }}
	ctx := httptrace.WithClientTrace(t.Context(), trace)
	for range 3 {
		request, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.address+"/api/v1/refresh", nil)
		is.NoErr(err)
		_, err = s.client.Do(request)
		is.True(err != nil)
		is.True(reused)
	}
}

func TestPanicIsAnsweredOverHTTP2(t *testing.T) {
	s := serve(t, options{wrap: func(r Refresher) Refresher { return panicking{r, "out of luck"} }}).overHTTP2()
	s.refuses(s.do("GET", "/api/v1/refresh", ""), http.StatusInternalServerError, codeInternal)
}

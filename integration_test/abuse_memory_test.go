package integration_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// idleTime is the least time for which the service leaves an idle connection open.
const idleTime = time.Minute

// TestAbuseOfEveryKindTakesLessThan128MiB sends slow requests, large bodies, deep JSON and large headers to one process
// of the shipped build, and opens idle connections, some of that at once. Meanwhile it must answer /healthz.
func TestAbuseOfEveryKindTakesLessThan128MiB(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	_, _, first, s := refreshed(t, twoStacks(), shipped(), "WEBHOOK_SECRET="+githubSecret, "LOG_LEVEL=info")
	opened := time.Now()
	idle := s.idleConnections(1000)
	slow := s.slowClients(1000)
	s.largeBodiesAtOnce(20)
	s.deepJSON()
	s.largeHeaders()
	s.largeBodiesAtOnce(20)
	is.Equal(s.get("/healthz").status, http.StatusOK)
	is.Equal(s.snapshot().Revision, first)

	for _, conn := range idle {
		// A write to a connection that the service has closed fails.
		_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		alive := strings.HasPrefix(closedWithin(t, conn, time.Now().Add(patience)), "HTTP/1.1 200 OK\r\n")
		is.True(alive || time.Since(opened) >= idleTime) // on a busy machine its time may be over
	}
	// Slow headers and slow bodies are cut off. TestTimeBoundsAreWithinThirtySeconds in package api tests how soon:
	// here a busy machine may be slow.
	limit := time.Now().Add(4 * patience)
	for i, conn := range slow {
		answer := closedWithin(t, conn, limit)
		if strings.HasPrefix(answer, "HTTP/1.1 2") && i%len(slowStarts()) != healthWithBody {
			t.Errorf("slow client %d is answered with %q", i, answer)
		}
	}
	is.Equal(s.get("/healthz").status, http.StatusOK)
	s.staysSmall()
}

// idleConnections have got one answer and send nothing more.
func (s *service) idleConnections(count int) []net.Conn {
	s.t.Helper()
	is := is.New(s.t)
	var connections []net.Conn
	for range count {
		conn := s.dial()
		_, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		is.NoErr(err)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		is.NoErr(err)
		_, err = io.Copy(io.Discard, answer.Body)
		is.NoErr(err)
		is.NoErr(answer.Body.Close())
		connections = append(connections, conn)
	}
	return connections
}

// slowStarts are beginnings of requests. Each has a part of its body, or nearly all of a megabyte.
func slowStarts() []string {
	begin := " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n" + lab.Sign(githubSecret, "") + "\r\n\r\n"
	half, most := begin+strings.Repeat("a", 4<<10), begin+strings.Repeat("a", 999_000)
	return []string{
		"GET /healthz" + half, "POST /api/v1/webhook" + most, "POST /api/v1/webhook" + most, "PUT /api/v1/stacks/web" + half,
		"POST /api/v1/refresh" + half, "GET /healthz HTT", "POST /api/v1/webhook HTTP/1.1\r\nX: y",
	}
}

// healthWithBody is the index in slowStarts of a request that may be answered without its body.
const healthWithBody = 0

// slowClients begin requests of every kind and do not end them.
func (s *service) slowClients(count int) []net.Conn {
	s.t.Helper()
	is := is.New(s.t)
	starts := slowStarts()
	var connections []net.Conn
	for i := range count {
		conn := s.dial()
		_, err := io.WriteString(conn, starts[i%len(starts)])
		is.NoErr(err)
		connections = append(connections, conn)
		if i%50 == 0 {
			is.Equal(s.get("/healthz").status, http.StatusOK) // others are served meanwhile
		}
	}
	return connections
}

// largeBodiesAtOnce sends 26 MiB, which is too much, and 25 MiB without a valid signature, each with and without a
// length.
func (s *service) largeBodiesAtOnce(count int) {
	s.t.Helper()
	answers := make(chan error, count)
	for i := range count {
		// Ends with the answer or the connection; the loop below waits for it.
		go func() { answers <- s.largeBody(i) }()
	}
	for range count {
		is.New(s.t).NoErr(<-answers)
	}
}

func (s *service) largeBody(i int) error {
	size := []int{26 << 20, 25 << 20}[i%2]
	body := io.LimitReader(blanks{}, int64(size))
	request, err := http.NewRequest(http.MethodPost, "http://"+s.address+"/api/v1/webhook", body)
	if err != nil {
		return err
	}
	if i%4 < 2 {
		request.ContentLength = int64(size)
	}
	name, value, _ := strings.Cut(lab.Sign("another secret", ""), ": ")
	request.Header.Set(name, value)
	response, err := s.http.Do(request)
	if err != nil {
		return nil // the service may close the connection before all is written
	}
	defer response.Body.Close()
	want := []int{http.StatusRequestEntityTooLarge, http.StatusUnauthorized}[i%2]
	if response.StatusCode != want {
		return fmt.Errorf("%d bytes are answered with %s", size, response.Status)
	}
	return nil
}

// blanks are spaces without end.
type blanks struct{}

// Read implements io.Reader.
func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// deepJSON sends signed payloads that are malformed, deep, long or odd. Each is accepted as a trigger without a
// revision.
func (s *service) deepJSON() {
	s.t.Helper()
	const many = 1 << 20
	for _, body := range []string{
		strings.Repeat("[", many), strings.Repeat(`{"ref":`, many), `{"ref":"` + strings.Repeat("x", many) + `"}`,
		`{"ref":` + strings.Repeat("9", many) + `}`, "\xff\xfe", "{", `{"ref":"refs/heads/main"`, `{"ref":{"ref":{}}}`, "null", "[]",
		`{"ref":"a","ref":"b","repository":[]}`, "payload=" + strings.Repeat("%5B", many), strings.Repeat("&", many),
		strings.Repeat(`{"ref":"refs/heads/main"}`, 1000), strings.Repeat("[", 20<<20),
	} {
		for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", ";;;"} {
			answer := s.deliver(body, "X-GitHub-Event: push", "Content-Type: "+kind)
			if answer.status != http.StatusAccepted && answer.status != http.StatusOK {
				s.t.Errorf("%.20q as %s is answered with %d", body, kind, answer.status)
			}
		}
	}
	for _, body := range []string{strings.Repeat("[", 60<<10), strings.Repeat(`{"a":`, 10<<10), strings.Repeat(" ", 65<<10)} {
		answer := s.do(http.MethodPut, "/api/v1/stacks/web", body)
		if answer.status != http.StatusBadRequest && answer.status != http.StatusRequestEntityTooLarge {
			s.t.Errorf("%.20q is answered with %d", body, answer.status)
		}
		is.New(s.t).True(json.Valid([]byte(answer.body)))
	}
}

// largeHeaders sends headers of a megabyte, in one field and in very many.
func (s *service) largeHeaders() {
	s.t.Helper()
	for _, header := range []string{
		"X: " + strings.Repeat("x", 1<<20) + "\r\n", strings.Repeat("X: y\r\n", 200_000), strings.Repeat("x", 1<<20),
	} {
		answer := s.raw("GET /healthz HTTP/1.1\r\nHost: x\r\n" + header + "\r\n")
		if answer.status != http.StatusRequestHeaderFieldsTooLarge && answer.status != 0 {
			s.t.Errorf("a megabyte of header is answered with %d", answer.status)
		}
	}
	if answer := s.raw("GET /" + strings.Repeat("x", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n"); answer.status == http.StatusOK {
		s.t.Error("a megabyte of path is answered with 200")
	}
}

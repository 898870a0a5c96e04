package api

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
)

// sendAndClose sends a request over HTTP/1 and closes the client's sending half, as "nc -N" does. It returns the
// connection for the answer.
func (s service) sendAndClose(request string) *net.TCPConn {
	s.t.Helper()
	is := is.New(s.t)
	conn, err := net.Dial("tcp", s.address)
	is.NoErr(err)
	s.t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, request+"Host: x\r\nContent-Length: 0\r\n\r\n")
	is.NoErr(err)
	is.NoErr(conn.(*net.TCPConn).CloseWrite())
	return conn.(*net.TCPConn)
}

func status(t *testing.T, conn net.Conn) int {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	is.New(t).NoErr(err)
	response.Body.Close()
	return response.StatusCode
}

func TestClientThatSendsNoMoreStillGetsItsAnswer(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a")
	for range 20 { // net/http may notice the end at any moment
		for request, want := range map[string]int{
			"GET /api/v1/stacks HTTP/1.1\r\n": http.StatusOK, "GET /api/v1/refresh HTTP/1.1\r\n": http.StatusOK,
			"GET / HTTP/1.1\r\n": http.StatusOK, "GET /api/v1/refreshes/none HTTP/1.1\r\n": http.StatusNotFound,
		} {
			is.Equal(status(t, s.sendAndClose(request)), want)
		}
	}
}

func TestClientThatSendsNoMoreMayWaitForARefresh(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	conn := s.sendAndClose("POST /api/v1/refresh?wait=50s HTTP/1.1\r\n")
	s.Outcomes <- apitest.Outcome{Desired: actors.DesiredState{Revision: apitest.RevisionA}}
	is.Equal(status(t, conn), http.StatusOK)
}

func TestClientThatSendsNoMoreMayFollowTheStacks(t *testing.T) {
	is := is.New(t)
	viewed := make(chan struct{})
	s := serve(t, options{wrap: func(r Refresher) Refresher { return observed{r, viewed} }})
	s.Refreshed(apitest.RevisionA, "a")
	conn := s.sendAndClose("GET /api/v1/stacks?wait=50s HTTP/1.1\r\nIf-None-Match: *\r\n")
	waiting(t, viewed, 1)
	s.Reported(actors.Report{Path: "a", Status: actors.Syncing})
	waiting(t, viewed, 1)
	conn2 := s.sendAndClose("GET /api/v1/stacks HTTP/1.1\r\n")
	waiting(t, viewed, 1)
	is.Equal(status(t, conn2), http.StatusOK)
	s.stopActor()
	is.Equal(status(t, conn), http.StatusNotModified) // "*" names every list
}

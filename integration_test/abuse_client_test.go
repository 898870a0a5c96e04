package integration_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"
)

// Clients that send what no client should send. One process of the shipped build gets all of it. At the end the test
// checks its memory.

// memoryLimit is the most memory, in bytes, that the service may have, whatever clients send.
const memoryLimit = 128 << 20

// shipped is a setting for launch: it takes the build without the race detector, because the detector needs memory too.
func shipped() string { return program + "=" + os.Getenv(program) + withoutRace }

// staysSmall checks that the process never had more memory than it may.
func (s *service) staysSmall() {
	s.t.Helper()
	peak := s.measured().Peak
	s.t.Logf("the service had %d MiB at most", peak>>20)
	if peak >= memoryLimit {
		s.t.Errorf("the service had %d MiB of memory, %d at most", peak>>20, memoryLimit>>20)
	}
}

// dial opens a connection that ends with the test.
func (s *service) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	is.New(s.t).NoErr(err)
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

// closedWithin reads until the service closes the connection, which must happen in time, and returns what it read.
func closedWithin(t *testing.T, conn net.Conn, limit time.Time) string {
	t.Helper()
	is.New(t).NoErr(conn.SetReadDeadline(limit))
	content, err := io.ReadAll(conn)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatal("the service leaves a slow connection open")
	}
	return string(content)
}

// raw sends bytes unchanged and reads one answer. It returns the zero reply if the connection was closed without an
// answer.
func (s *service) raw(request string) reply {
	s.t.Helper()
	return s.exchange(request, func(*net.TCPConn) error { return nil })
}

// rawAndNoMore is raw, and closes the client's half of the connection after the request.
func (s *service) rawAndNoMore(request string) reply {
	s.t.Helper()
	return s.exchange(request, (*net.TCPConn).CloseWrite)
}

func (s *service) exchange(request string, then func(*net.TCPConn) error) reply {
	s.t.Helper()
	conn := s.dial()
	defer conn.Close()
	is := is.New(s.t)
	is.NoErr(conn.SetDeadline(time.Now().Add(patience)))
	_, _ = io.WriteString(conn, request) // the service may answer and close before it has read all
	_ = then(conn.(*net.TCPConn))
	method, _, _ := strings.Cut(request, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return reply{}
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if errors.Is(err, syscall.ECONNRESET) {
		return reply{} // the rest of the answer is lost
	}
	is.NoErr(err)
	s.search("an answer", response.Header, content)
	return reply{status: response.StatusCode, header: response.Header, body: string(content)}
}

package lab

import (
	"bytes"
	"net"
	"net/http"
	"strings"
)

// Counts are what a host was asked.
type Counts struct {
	// Requests were begun. Tips are those among them that ask where a ref stands, Packs those that ask for objects.
	Requests, Tips, Packs int
	// UnderWay are the requests that have not ended; Most is how many there ever were at once.
	UnderWay, Most int
	// Bytes went over the wire in both directions, headers included; what TCP adds is not.
	Bytes int64
}

// begin counts a request, and puts it on the tape. A protocol 2 client asks for refs and for packs by commands
// (gitprotocol-v2(5)); one of protocol 0 learns the refs from the first answer.
func (s *HostState) begin(r *http.Request, body []byte) {
	s.Requests++
	s.UnderWay++
	s.Most = max(s.Most, s.UnderWay)
	switch second := strings.Contains(r.Header.Get("Git-Protocol"), "version=2"); {
	case bytes.Contains(body, []byte("command=ls-refs")), r.Method == http.MethodGet && !second:
		s.Tips++
	case r.Method == http.MethodPost:
		s.Packs++
	}
	if s.tape != nil {
		*s.tape = append(*s.tape, Taped{r.Method, r.URL.RequestURI(), r.Header.Clone(), body})
	}
}

// countingListener counts the bytes of the connections that it accepts.
type countingListener struct {
	net.Listener
	state Watched[HostState]
}

// Accept implements net.Listener.
func (l countingListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countingConn{connection, l.state}, nil
}

type countingConn struct {
	net.Conn
	state Watched[HostState]
}

// Read implements io.Reader.
func (c *countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.count(n)
	return n, err
}

// Write counts before it writes, so that whoever has read an answer finds it counted.
func (c *countingConn) Write(p []byte) (int, error) {
	c.count(len(p))
	return c.Conn.Write(p)
}

func (c *countingConn) count(bytes int) {
	c.state.Change(func(s *HostState) { s.Bytes += int64(bytes) })
}

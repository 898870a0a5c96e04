package lab

import (
	"bytes"
	"net"
	"net/http"
	"strings"
)

// Counts counts the requests to a host.
type Counts struct {
	// Requests is how many requests have begun. Tips is how many of them ask for the commit of a ref, and Packs how
	// many ask for objects.
	Requests, Tips, Packs int
	// UnderWay is how many requests have not ended; Most is how many there were at most at the same time.
	UnderWay, Most int
	// Bytes is how many bytes HTTP has sent in both directions, with headers and without those of TCP.
	Bytes int64
}

// begin counts a request, and puts it on the tape. A client of protocol 2 asks for refs and for packs by commands
// (gitprotocol-v2(5)); a client of protocol 0 gets the refs in the first answer.
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

// Write counts before it writes, so that an answer that has been read is counted.
func (c *countingConn) Write(p []byte) (int, error) {
	c.count(len(p))
	return c.Conn.Write(p)
}

func (c *countingConn) count(bytes int) {
	c.state.Change(func(s *HostState) { s.Bytes += int64(bytes) })
}

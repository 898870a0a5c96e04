package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"time"

	"mooring/integration_test/lab"
)

// connections is the number of connections to each server. All of them are busy.
const connections = 32

// asked is a server that gets requests: its process and its address.
type asked struct {
	pid     int
	address string
}

// tally has the figures of a server's answers.
type tally struct {
	name    string
	took    []time.Duration // one for each request
	rates   []float64       // requests a second, one for each turn
	longest int             // bytes of the longest body
	cpu     time.Duration   // of the server
}

// each is the server's processor time for one request.
func (t tally) each() time.Duration {
	return (t.cpu / time.Duration(max(len(t.took), 1))).Round(100 * time.Nanosecond)
}

// rate is the median of the turns' requests a second, so that a disturbed turn does not count.
func (t tally) rate() float64 { return median(t.rates) }

// take sends requests for a path to a server, over all connections at once, for the length of a turn.
func (t *tally) take(ctx context.Context, s asked, path string, turn time.Duration) error {
	before, _ := lab.FiguresOf(s.pid) // both are 0 on systems without figures
	err := t.ask(ctx, s.address, path, turn)
	after, _ := lab.FiguresOf(s.pid)
	t.cpu += after.CPU - before.CPU
	return err
}

func (t *tally) ask(ctx context.Context, address, path string, turn time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, turn+10*time.Second)
	defer cancel()
	var dialed []*connection
	defer func() {
		for _, c := range dialed {
			c.Close()
		}
	}()
	for range connections {
		c, err := dial(ctx, address, path)
		if err != nil {
			return err
		}
		dialed = append(dialed, c)
	}
	type end struct {
		took   []time.Duration
		length int // of the last body
		err    error
	}
	ends := make(chan end, 1)
	began := time.Now()
	for _, c := range dialed {
		// Ends when the turn does; the code below waits for it.
		go func() {
			took, err := c.ask(began.Add(turn))
			ends <- end{took, c.length, err}
		}()
	}
	var failed error
	answered := -len(t.took)
	for range dialed {
		e := <-ends
		t.took = append(t.took, e.took...)
		t.longest = max(t.longest, e.length)
		failed = errors.Join(failed, e.err)
	}
	answered += len(t.took)
	t.rates = append(t.rates, float64(answered)/time.Since(began).Seconds())
	if failed != nil {
		return fmt.Errorf("ask %s for %s: %w", address, path, failed)
	}
	return nil
}

// connection sends the same request again and again and reads the answers, with as little work as possible.
type connection struct {
	net.Conn
	answers *bufio.Reader
	request []byte
	length  int // of the last body
}

func dial(ctx context.Context, address, path string) (*connection, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	return newConnection(conn, conn, "GET "+path+" HTTP/1.1\r\nHost: "+address+"\r\n\r\n"), nil
}

func newConnection(conn net.Conn, answers io.Reader, request string) *connection {
	const buffer = 64 << 10
	return &connection{Conn: conn, answers: bufio.NewReaderSize(answers, buffer), request: []byte(request)}
}

// ask sends requests until the turn ends, and returns the time of each that ended before that.
func (c *connection) ask(end time.Time) ([]time.Duration, error) {
	var took []time.Duration
	for {
		began := time.Now()
		if _, err := c.Write(c.request); err != nil {
			return took, err
		}
		if err := c.answer(); err != nil {
			return took, err
		}
		now := time.Now()
		if now.After(end) {
			return took, nil
		}
		took = append(took, now.Sub(began))
	}
}

// answer reads one answer, whose status must be 200.
func (c *connection) answer() error {
	c.length = -1
	chunked := false
	for first := true; ; first = false {
		line, err := c.answers.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("the answer begins %q", line)
		}
		if len(line) == 0 {
			break
		}
		if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if c.length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
		chunked = chunked || bytes.Equal(line, []byte("Transfer-Encoding: chunked"))
	}
	switch {
	case chunked:
		return c.chunks()
	case c.length < 0:
		return errors.New("the answer has no length")
	}
	_, err := c.answers.Discard(c.length)
	return err
}

// chunks reads a body that comes in chunks (RFC 9112, section 7.1).
func (c *connection) chunks() error {
	length, err := io.Copy(io.Discard, httputil.NewChunkedReader(c.answers))
	c.length = int(length)
	if err != nil {
		return err
	}
	_, err = c.answers.Discard(len("\r\n")) // behind the last chunk
	return err
}

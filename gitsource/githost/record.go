package githost

import (
	"context"
	"testing"
)

// Seen is a request that a host has received.
type Seen struct {
	// Method and Path are those of the request line, Authorization and Encoding the headers Authorization and
	// Content-Encoding.
	Method, Path, Authorization, Encoding string
	// Length is the length of the body in bytes as the client gave it; -1 if it gave none.
	Length int64
	// Remote is the client's address, which names the connection; Version is that of HTTP, such as "HTTP/2.0".
	Remote, Version string
}

// record is the handle on a goroutine that owns the requests that a host has received.
type record struct {
	// seen are requests, from handlers → run.
	seen chan Seen
	// questions ask for what was seen, from take → run, which answers each once.
	questions chan chan []Seen
	// done is closed when run has returned.
	done chan struct{}
}

// startRecord starts a record, which ends with the test.
func startRecord(t *testing.T) record {
	t.Helper()
	r := record{make(chan Seen), make(chan chan []Seen), make(chan struct{})}
	// Ends with the test's context; the cleanup waits for it.
	go r.run(t.Context())
	t.Cleanup(func() { <-r.done })
	return r
}

func (r record) run(ctx context.Context) {
	defer close(r.done)
	var all []Seen
	for {
		select {
		case one := <-r.seen:
			all = append(all, one)
		case reply := <-r.questions:
			reply <- all
			all = nil
		case <-ctx.Done():
			return
		}
	}
}

// add adds a request, unless the test has ended.
func (r record) add(one Seen) {
	select {
	case r.seen <- one:
	case <-r.done:
	}
}

// take returns the requests since the last call; nothing if the test has ended.
func (r record) take() []Seen {
	reply := make(chan []Seen, 1)
	select {
	case r.questions <- reply:
		return <-reply
	case <-r.done:
		return nil
	}
}

package lab

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
)

// Taped is a recorded request.
type Taped struct {
	method, path string
	header       http.Header
	body         []byte
}

// Record starts a new tape.
func (h Host) Record() { h.State.Change(func(s *HostState) { s.tape = new([]Taped) }) }

// Recorded stops the tape and returns the recorded requests.
func (h Host) Recorded() []Taped {
	var requests []Taped
	h.State.Run(func(s *HostState) {
		if s.tape != nil {
			requests = *s.tape
		}
		s.tape = nil
	})
	return requests
}

// Replay sends the requests again, one after another, and ignores the answers. Its time is the host's own time: no
// client with the same requests can be faster.
func (h Host) Replay(ctx context.Context, client *http.Client, requests []Taped) error {
	for _, one := range requests {
		request, err := http.NewRequestWithContext(ctx, one.method, h.URL+one.path, bytes.NewReader(one.body))
		if err != nil {
			return err
		}
		request.Header = one.header
		if _, err := Do(client, request); err != nil {
			return fmt.Errorf("ask the host again: %w", err)
		}
	}
	return nil
}

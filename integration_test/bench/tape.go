package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// taped is a request that the host was sent.
type taped struct {
	method, path string
	header       http.Header
	body         []byte
}

// tape is what is recorded, while it is.
type tape struct {
	running  bool
	requests []taped
}

// record starts a new tape.
func (h *host) record() {
	<-h.tape
	h.tape <- tape{running: true}
}

// recorded stops the tape and returns what is on it.
func (h *host) recorded() []taped {
	requests := (<-h.tape).requests
	h.tape <- tape{}
	return requests
}

// note puts a request on the tape, if that runs.
func (h *host) note(r *http.Request) error {
	now := <-h.tape
	defer func() { h.tape <- now }()
	if !now.running {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	now.requests = append(now.requests, taped{r.Method, r.URL.RequestURI(), r.Header.Clone(), body})
	return nil
}

// replay sends the requests again, one after another, and looks at none of the answers. What this takes is what the
// host takes by itself: no client that asks the same can be faster.
func (h *host) replay(ctx context.Context, client *http.Client, requests []taped) error {
	for _, one := range requests {
		url := "http://" + h.address + one.path
		request, err := http.NewRequestWithContext(ctx, one.method, url, bytes.NewReader(one.body))
		if err != nil {
			return err
		}
		request.Header = one.header
		answer, err := client.Do(request)
		if err != nil {
			return fmt.Errorf("ask the host again: %w", err)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err != nil {
			return fmt.Errorf("read the host's answer again: %w", err)
		}
	}
	return nil
}

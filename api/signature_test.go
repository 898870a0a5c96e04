package api

import (
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// endless is a body without a length.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestBodyOfADeliveryIsBounded(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(githubSecret))
	request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.address+"/api/v1/webhook", endless{})
	is.NoErr(err)
	request.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
	s.refuses(s.send(request), http.StatusRequestEntityTooLarge, codePayloadTooLarge)
	// One that says its length is not read at all.
	r := exchange(t, s.address, "POST /api/v1/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 26214401\r\n\r\n")
	s.refuses(r, http.StatusRequestEntityTooLarge, codePayloadTooLarge)
	largest := strings.Repeat("x", maxDeliveryBody)
	is.Equal(s.deliver(largest).status, http.StatusAccepted)
}

// However many come one after another, and however busy the collector of garbage is.
func TestLargeDeliveriesTakeTheMemoryOfOne(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(githubSecret))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		for _, length := range []int64{maxDeliveryBody, -1} {
			body := io.LimitReader(endless{}, maxDeliveryBody)
			request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.address+"/api/v1/webhook", body)
			is.NoErr(err)
			request.ContentLength = length
			request.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
			s.refuses(s.send(request), http.StatusUnauthorized, codeInvalidSignature)
		}
	}
	runtime.ReadMemStats(&after)
	is.True(after.TotalAlloc-before.TotalAlloc < 4*maxDeliveryBody) // not that of twenty
}

func TestLargePushIsUnderstood(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(githubSecret))
	padding := `{"commits":"` + strings.Repeat("x", 2*largeDelivery) + `",`
	body := padding + pushTo("refs/heads/topic", revisionA, revisionB)[1:]
	is.Equal(s.deliver(body, "X-GitHub-Event: push").status, http.StatusOK)
	room := <-s.server.largec // another large one is kept: this one is a plain trigger
	is.Equal(s.deliver(body, "X-GitHub-Event: push").status, http.StatusAccepted)
	s.server.largec <- room
	for range 3 { // the room is given back whether the signature is good or not
		r := s.do("POST", "/api/v1/webhook", body, sign("x", body))
		s.refuses(r, http.StatusUnauthorized, codeInvalidSignature)
		is.Equal(s.deliver(body, "X-GitHub-Event: push").status, http.StatusOK)
	}
}

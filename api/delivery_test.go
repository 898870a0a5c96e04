package api

import (
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// largestDelivery is the bound on a delivery's body, in bytes.
const largestDelivery = 25 << 20

// endless is a body without a length.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestBodyOfADeliveryIsBounded(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret))
	request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.address+"/api/v1/webhook", endless{})
	is.NoErr(err)
	request.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
	s.refuses(s.send(request), http.StatusRequestEntityTooLarge, codePayloadTooLarge)
	// If the length is known and too large, nothing of the body is read.
	r := exchange(t, s.address, "POST /api/v1/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 26214401\r\n\r\n")
	s.refuses(r, http.StatusRequestEntityTooLarge, codePayloadTooLarge)
	largest := strings.Repeat("x", largestDelivery)
	is.Equal(s.deliver(largest).status, http.StatusAccepted)
}

// The claim holds for any number of deliveries in sequence, and whenever garbage is collected.
func TestLargeDeliveriesTakeTheMemoryOfOne(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		for _, length := range []int64{largestDelivery, -1} {
			body := io.LimitReader(endless{}, largestDelivery)
			request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.address+"/api/v1/webhook", body)
			is.NoErr(err)
			request.ContentLength = length
			request.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
			s.refuses(s.send(request), http.StatusUnauthorized, codeInvalidSignature)
		}
	}
	runtime.ReadMemStats(&after)
	is.True(after.TotalAlloc-before.TotalAlloc < 4*largestDelivery) // less than the memory of twenty bodies
}

func TestLargePushIsUnderstood(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret))
	padding := `{"commits":"` + strings.Repeat("x", 128<<10) + `",`
	body := padding + apitest.Push("refs/heads/topic", apitest.RevisionA, apitest.RevisionB)[1:]
	is.Equal(s.deliver(body, "X-GitHub-Event: push").status, http.StatusOK)
	memory, lent := s.server.keeper.Borrow(t.Context()) // another large delivery has the memory, so this one is a plain trigger
	is.True(lent)
	is.Equal(s.deliver(body, "X-GitHub-Event: push").status, http.StatusAccepted)
	s.server.keeper.Return(memory)
	for range 3 { // the memory is given back whether the signature is good or not
		r := s.do("POST", "/api/v1/webhook", body, apitest.Sign("x", body))
		s.refuses(r, http.StatusUnauthorized, codeInvalidSignature)
		is.Equal(s.deliver(body, "X-GitHub-Event: push").status, http.StatusOK)
	}
}

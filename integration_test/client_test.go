package integration_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// reply is an answer with its whole body.
type reply struct {
	status int
	header http.Header
	body   string
	// took is how long a client's request took, from its sending to the end of its answer.
	took time.Duration
}

// do sends a request with headers in the form "Name: value", and checks that the answer is JSON, except at the root,
// and has no secret in it.
func (s *service) do(method, path, body string, headers ...string) reply {
	s.t.Helper()
	answer, err := s.try(method, path, body, headers...)
	is.New(s.t).NoErr(err)
	return answer
}

// try is do for a request that may get no answer; any goroutine may call it.
func (s *service) try(method, path, body string, headers ...string) (reply, error) {
	s.t.Helper()
	begin := time.Now()
	answer, err := lab.Ask(context.Background(), s.http, method, "http://"+s.address+path, body, headers...)
	if err != nil {
		return reply{}, err
	}
	took, media := time.Since(begin), answer.Header.Get("Content-Type")
	if answer.Status != http.StatusNotModified && path != "/" && media != "application/json" {
		s.t.Errorf("%s %s answers %s", method, path, media)
	}
	s.search(method+" "+path, answer.Header, answer.Body)
	return reply{answer.Status, answer.Header, string(answer.Body), took}, nil
}

// search fails the test if there is a secret in the header or the body of an answer. Any goroutine may call it.
func (s *service) search(where string, header http.Header, body []byte) {
	s.t.Helper()
	var fields strings.Builder
	_ = header.Write(&fields) // a builder takes all
	s.secrets.check(s.t, where, fields.String()+string(body))
}

func (s *service) get(path string, headers ...string) reply {
	s.t.Helper()
	return s.do(http.MethodGet, path, "", headers...)
}

// later sends a request from a goroutine of its own. The reply is zero when there was no answer.
func (s *service) later(method, path string, headers ...string) <-chan reply {
	replies := make(chan reply, 1)
	// Ends with the answer, or when the service does; the test waits for the reply.
	go func() {
		answer, _ := s.try(method, path, "", headers...)
		replies <- answer
	}()
	return replies
}

// refresh asks for a refresh, waits for its end and returns it.
func (s *service) refresh() refresh {
	s.t.Helper()
	answer := s.do(http.MethodPost, "/api/v1/refresh?wait=30s", "")
	ended := decode[refresh](s.t, answer)
	want := map[string]int{"completed": http.StatusOK, "failed": http.StatusBadGateway}[ended.Status]
	is.New(s.t).Equal(answer.status, want)
	return ended
}

// trigger asks for a refresh and returns it as it was accepted.
func (s *service) trigger() refresh {
	s.t.Helper()
	answer := s.do(http.MethodPost, "/api/v1/refresh", "")
	is := is.New(s.t)
	is.Equal(answer.status, http.StatusAccepted)
	accepted := decode[refresh](s.t, answer)
	is.Equal(answer.header.Get("Location"), "refreshes/"+accepted.ID)
	return accepted
}

// found returns a refresh by its id.
func (s *service) found(id string) refresh {
	s.t.Helper()
	answer := s.get("/api/v1/refreshes/" + id)
	is.New(s.t).Equal(answer.status, http.StatusOK)
	return decode[refresh](s.t, answer)
}

func (s *service) status() refreshStatus {
	s.t.Helper()
	return decode[refreshStatus](s.t, s.get("/api/v1/refresh"))
}

func (s *service) snapshot() snapshot {
	s.t.Helper()
	return decode[snapshot](s.t, s.get("/api/v1/stacks"))
}

func (s *service) stack(path string) stack {
	s.t.Helper()
	return decode[stack](s.t, s.get("/api/v1/stacks/"+path))
}

// awaitSnapshot follows the snapshot by long polls until it fulfils a condition.
func (s *service) awaitSnapshot(what string, wanted func(snapshot) bool) snapshot {
	s.t.Helper()
	limit := time.Now().Add(patience)
	answer := s.get("/api/v1/stacks")
	for {
		if answer.status == http.StatusOK {
			if seen := decode[snapshot](s.t, answer); wanted(seen) {
				return seen
			}
		}
		if time.Now().After(limit) {
			s.t.Fatalf("waited %s in vain for %s; the log ends: %q", patience, what, s.lastLines())
		}
		answer = s.get("/api/v1/stacks?wait=10s", "If-None-Match: "+answer.header.Get("Etag"))
	}
}

// awaitRevision returns the snapshot of a revision when it is served.
func (s *service) awaitRevision(revision string) snapshot {
	s.t.Helper()
	return s.awaitSnapshot("revision "+revision, func(seen snapshot) bool { return seen.Revision == revision })
}

// report sends a deployer's report and returns the stack after it.
func (s *service) report(path, body string, headers ...string) stack {
	s.t.Helper()
	answer := s.do(http.MethodPut, "/api/v1/stacks/"+path, body, headers...)
	is.New(s.t).Equal(answer.status, http.StatusOK)
	return decode[stack](s.t, answer)
}

// refuses checks that an answer is an error with a status and a code, in the form that all errors have.
func (s *service) refuses(answer reply, status int, code string) {
	s.t.Helper()
	is := is.New(s.t)
	is.Equal(answer.status, status)
	told := decode[struct {
		Error failure `json:"error"`
	}](s.t, answer)
	is.Equal(told.Error.Code, code)
	is.True(told.Error.Message != "")
}

// decode reads an answer. It may have only the members of the type.
func decode[T any](t *testing.T, answer reply) T {
	t.Helper()
	var value T
	decoder := json.NewDecoder(strings.NewReader(answer.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%d %q: %v", answer.status, answer.body, err)
	}
	return value
}

package gitsource

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"mooring/actors"
	"mooring/gitsource/githost"
)

// Dulwich ends the connection without a word if a request does not name the abilities that it requires.
func TestEveryStateIsReadFromDulwich(t *testing.T) {
	for _, scheme := range []string{"git", "http"} {
		t.Run(scheme, func(t *testing.T) {
			r := everyState(t)
			readsEveryState(t, r, newTestSource(t, githost.ServeDulwich(t, scheme, r.Dir)))
		})
	}
}

// A host that behaves like Dulwich 0.21.2 and 1.2.12, in one of the ways in which servers end a request.
func TestAHostThatRequiresAbilitiesIsServedHoweverItRefuses(t *testing.T) {
	first := githost.SomeStacks(3)
	second := first.With(githost.Layout{"hosts/h0/s1/docker-compose.yml": githost.File("2\n")})
	for name, refuse := range map[string]func(http.ResponseWriter){
		"a fault":             func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"a closed connection": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			r := githost.Host(t, githost.HTTPOptions{V0: true, Instead: func(w http.ResponseWriter, q *http.Request) bool {
				body, _ := io.ReadAll(q.Body)
				q.Body = io.NopCloser(bytes.NewReader(body))
				for _, ability := range []string{" side-band-64k", " thin-pack", " ofs-delta"} {
					if bytes.Contains(body, []byte("want ")) && !bytes.Contains(body, []byte(ability)) {
						refuse(w)
						return true
					}
				}
				return false
			}}, githost.Chain(first, second))
			source := newTestSource(t, r.URL)
			var state actors.DesiredState
			for _, tip := range []int{0, 1, 0} {
				state = fetchOK(t, r, source, tip, state)
			}
		})
	}
}

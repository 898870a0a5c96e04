package gitsource

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
)

// A repository that was renamed leaves a redirect behind, until another one takes its name.
func TestARepositoryThatTakesTheNameOfARenamedOneIsServed(t *testing.T) {
	is := is.New(t)
	renamed, taker := githost.New(t), githost.New(t)
	before, after := renamed.Commit("docker-compose.yml", "a"), taker.Commit("docker-compose.yml", "b")
	elsewhere := githost.ServeHTTP(t, renamed, githost.HTTPOptions{})
	taken := make(chan struct{}) // closed when the name is taken and the redirect is gone
	host := githost.ServeHTTP(t, taker, githost.HTTPOptions{Instead: githost.Redirecting(301, func(q *http.Request) string {
		select {
		case <-taken:
			return ""
		default:
			return elsewhere.URL + q.URL.String()
		}
	})})
	source := newTestSource(t, host.Repository())
	state, err := source.Fetch(t.Context(), actors.DesiredState{})
	is.NoErr(err)
	is.Equal(state.Revision, before.String())
	close(taken)
	state, err = source.Fetch(t.Context(), state)
	is.NoErr(err)
	is.Equal(state.Revision, after.String())
}

// A request shows what a host of version 2 cannot do. Whatever the refusal looks like, the state is read, and the next
// session has the right facts.
func TestAHostWithoutFilterIsKnownHoweverItRefusesOne(t *testing.T) {
	first := githost.SomeStacks(3)
	history := githost.Chain(first, first.With(githost.Layout{"hosts/h0/s1/docker-compose.yml": githost.File("2")}))
	tests := map[string]struct {
		status int
		answer string
	}{
		"a fault":                {http.StatusInternalServerError, ""},
		"not allowed":            {http.StatusForbidden, ""},
		"words of credentials":   {http.StatusOK, githost.Lines("ERR filter: permission denied\n")},
		"in place of the pack":   {http.StatusOK, githost.Lines("packfile\n", "\x03filter is not supported\n")},
		"a pack that breaks off": {http.StatusOK, githost.Lines("packfile\n", "\x01PACK")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := githost.Host(t, githost.HTTPOptions{Instead: func(w http.ResponseWriter, q *http.Request) bool {
				body, _ := io.ReadAll(q.Body)
				q.Body = io.NopCloser(bytes.NewReader(body))
				if !bytes.Contains(body, []byte("filter ")) {
					return false
				}
				w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.answer)
				return true
			}}, history)
			r.WithoutFilter(t)
			source := newTestSource(t, r.URL)
			state := fetchOK(t, r, source, 0, actors.DesiredState{})
			is.Equal(state.Index.(*memory).facts.Filter, false)
			r.Posts()
			fetchOK(t, r, source, 1, state)
			is.Equal(r.Posts(), 2) // the ref, and what changed
		})
	}
}

package transport

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

// Some hosts do not answer a request of version 2 that comes before a greeting.
func TestAHostThatDoesNotAnswerTheFirstRequestIsGreetedFromThenOn(t *testing.T) {
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	refusals := map[string]func(w http.ResponseWriter, q *http.Request){
		"silence": func(_ http.ResponseWriter, q *http.Request) {
			_, _ = io.Copy(io.Discard, q.Body) // net/http sees the end of the connection only then
			<-q.Context().Done()
		},
		"silence after the header": func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.Copy(io.Discard, q.Body)
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-q.Context().Done()
		},
		"an empty reply":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		"a closed connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, refuse := range refusals {
		for version, v0 := range map[string]bool{", then version 0": true, ", then version 2": false} {
			t.Run(name+version, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				first := make(chan struct{}, 1) // from this test → the handler of the first request
				first <- struct{}{}
				host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: v0, Instead: func(w http.ResponseWriter, q *http.Request) bool {
					select {
					case <-first:
						refuse(w, q)
						return true
					default:
						return false
					}
				}})
				remote := newTestRemote(t, location.Settings{URL: host.Repository()})
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				began := time.Now()
				from, err := remote.Open(ctx, protocol.Facts{})
				is.NoErr(err)
				defer from.Close()
				is.True(time.Since(began) < 10*time.Second)
				is.Equal(from.Tip(), tip)
				is.Equal(from.Facts().Version == protocol.V0, v0)
				is.True(from.Facts().Silent)

				host.Saw()
				again := openSession(t, remote, from.Facts())
				is.Equal(again.Tip(), tip)
				is.Equal(again.Facts(), from.Facts())
				is.Equal(host.Saw()[0].Method, http.MethodGet)
				kinds := fetchAll(t, again, protocol.Request{Wants: []object.ID{tip}, Shallow: true})
				is.Equal(kinds[tip], "commit")
			})
		}
	}
}

func TestAHostThatIsSilentToEverythingTakesTheWholeTime(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{Instead: func(_ http.ResponseWriter, q *http.Request) bool {
		_, _ = io.Copy(io.Discard, q.Body)
		<-q.Context().Done()
		return true
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := newTestRemote(t, location.Settings{URL: host.Repository()}).Open(ctx, protocol.Facts{})
	is.Equal(fault.Of(err).Code, actors.CodeTimeout)
	is.True(ctx.Err() != nil) // the greeting had the rest of it
}

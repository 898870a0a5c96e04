package api

import (
	"context"
	"net/http"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
)

func TestHealthFollowsTheActor(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	r := s.do("GET", "/healthz", "")
	is.Equal(r.status, http.StatusOK)
	is.Equal(r.body, `{"status":"ok"}`+"\n")
	s.Failed("Git is down") // no reason to restart this process
	is.Equal(s.do("GET", "/healthz", "").status, http.StatusOK)
	s.stopActor()
	s.refuses(s.do("GET", "/healthz", ""), http.StatusServiceUnavailable, codeShuttingDown)
}

// stuck is a Refresher whose actor takes no message.
type stuck struct{ Refresher }

func (stuck) View(ctx context.Context) (actors.View, error) {
	<-ctx.Done()
	return actors.View{}, ctx.Err()
}

func TestHealthEndsWithItsBudget(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{wrap: func(r Refresher) Refresher { return stuck{r} }})
	s.refuses(s.do("GET", "/healthz", ""), http.StatusServiceUnavailable, codeInternal)
	r := s.do("GET", "/readyz", "")
	is.Equal(r.status, http.StatusServiceUnavailable)
	is.Equal(decoded(t, r)["reason"], "the refresh actor has not answered within a second")
}

func TestReadyFromTheFirstCompletedRefreshOn(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	r := s.do("GET", "/readyz", "")
	is.Equal(r.status, http.StatusServiceUnavailable)
	is.Equal(r.body, `{"status":"not_ready","reason":"the first refresh has not completed yet"}`+"\n")
	s.Failed("no route to host")
	r = s.do("GET", "/readyz", "")
	is.Equal(r.status, http.StatusServiceUnavailable)
	is.Equal(decoded(t, r)["reason"], "no refresh has completed yet; the last one failed: no route to host")
	s.Refreshed(apitest.RevisionA)
	s.Failed("no route to host") // still ready: the last good snapshot is served
	r = s.do("GET", "/readyz", "")
	is.Equal(r.status, http.StatusOK)
	is.Equal(r.body, `{"status":"ready","revision":"`+apitest.RevisionA+`"}`+"\n")
	s.stopActor()
	r = s.do("GET", "/readyz", "")
	is.Equal(r.status, http.StatusServiceUnavailable)
	is.Equal(decoded(t, r)["status"], "not_ready")
}

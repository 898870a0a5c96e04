package integration_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// Hosts that ask for credentials under another name, or in the middle of a refresh.

// halfWay passes the greeting on and applies a fault to every later request.
func halfWay(f lab.Fault) lab.Fault {
	return func(w http.ResponseWriter, r *http.Request, git http.Handler) {
		if r.Method == http.MethodPost {
			f(w, r, git)
			return
		}
		git.ServeHTTP(w, r)
	}
}

// redirectsToAnotherName redirects every request to the same server under another name, which counts as another host.
// There the server answers every request with any credentials.
func redirectsToAnotherName(w http.ResponseWriter, r *http.Request, git http.Handler) {
	const name = "localhost"
	_, _, shown := r.BasicAuth()
	_, port, _ := net.SplitHostPort(r.Host)
	switch {
	case !strings.HasPrefix(r.Host, name):
		redirects(http.StatusFound, "http://"+net.JoinHostPort(name, port))(w, r, git)
	case shown:
		git.ServeHTTP(w, r)
	default:
		lab.Answers(http.StatusUnauthorized, "text/plain", "who?", "WWW-Authenticate", `Basic realm="x"`)(w, r, git)
	}
}

// The service follows a redirect to another host without its credentials.
func TestRedirectToAnotherHostCarriesNoCredentials(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			is := is.New(t)
			repo, first := with(t, twoStacks())
			host, other := serveRepository(t, repo), serveRepository(t, repo)
			const password = "for this host alone"
			seen := watch(t, []http.Header(nil))
			other.Suffer(func(w http.ResponseWriter, r *http.Request, git http.Handler) {
				seen.Change(func(headers *[]http.Header) { *headers = append(*headers, r.Header.Clone()) })
				git.ServeHTTP(w, r)
			})
			host.Suffer(redirects(status, other.URL))
			s := start(t, "GIT_URL="+host.url("robot", password), "LOG_LEVEL=debug")
			s.awaitRevision(first)
			next := repo.push(files{"new/docker-compose.yml": "services: {}"})
			is.Equal(s.refresh().Revision, next)

			other.Demand("robot", password)
			refused := s.refresh()
			is.Equal(refused.Error.Code, "git_auth") // the other host asks for them and does not get them
			is.Equal(s.snapshot().Revision, next)

			requests := seen.Value()
			is.True(len(requests) > 4)
			for _, header := range requests {
				is.Equal(header.Get("Authorization"), "")
				is.Equal(header.Get("Cookie"), "")
				secrets{password}.check(t, "a request to another host", fmt.Sprint(header))
			}
		})
	}
}

// A host may ask for credentials only after the first request. Then the refresh fails, and there is no partial
// snapshot.
func TestCredentialsAskedForHalfWayFailTheRefresh(t *testing.T) {
	is := is.New(t)
	repo, host, first, s := refreshed(t, twoStacks())
	repo.push(files{"new/docker-compose.yml": "services: {}"})
	before := s.get("/api/v1/stacks")
	host.Suffer(halfWay(lab.Answers(401, "text/plain", "log in")))
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_auth")
	s.keeps(before, first, failed)
}

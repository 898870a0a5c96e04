package gitsource

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
)

// answering is a host that gives one answer to everything.
func answering(status int, header map[string]string, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

func TestAStatusCodeBecomesAFailure(t *testing.T) {
	plain := map[string]string{"Content-Type": "text/plain; charset=utf-8"}
	page := map[string]string{"Content-Type": "text/html; charset=utf-8"}
	tests := []struct {
		status  int
		header  map[string]string
		body    string
		code    actors.Code
		says    string
		waiting time.Duration
	}{
		{401, plain, "no such user", actors.CodeAuth, "answers 401 Unauthorized: no such user.", 0},
		{403, page, "<h1>Forbidden</h1>", actors.CodeAuth, "answers 403 Forbidden.", 0},
		{404, plain, "not\nhere\x1b[31m", actors.CodeNotFound, "answers 404 Not Found: not here [31m.", 0},
		{410, nil, "", actors.CodeNotFound, "410 Gone.", 0},
		{407, nil, "", actors.CodeUnreachable, "The proxy wants credentials", 0},
		{429, map[string]string{"Retry-After": "17"}, "", actors.CodeUnreachable, "429 Too Many Requests.", 17 * time.Second},
		{500, page, "<pre>stack trace</pre>", actors.CodeUnreachable, "500 Internal Server Error.", 0},
		{503, map[string]string{"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, "", actors.CodeUnreachable, "503",
			time.Hour},
		{400, plain, strings.Repeat("x", 1000), actors.CodeProtocol, "400 Bad Request: xxx", 0},
		{200, page, "<title>Sign in</title>", actors.CodeProtocol, "it is a web page", 0},
		{200, plain, "0000 refs/heads/main", actors.CodeProtocol, "dumb", 0},
		{200, map[string]string{"Content-Type": "image/png"}, "", actors.CodeProtocol, "media type", 0},
		{200, map[string]string{"Content-Type": "application/x-git-upload-pack-advertisement"}, "<html>", actors.CodeProtocol,
			"not Git's protocol", 0},
		{200, map[string]string{"Content-Type": "application/x-git-upload-pack-advertisement"}, "", actors.CodeProtocol,
			"cut short", 0},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.status, test.says), func(t *testing.T) {
			is := is.New(t)
			host := serveHTTP(t, newTestRepository(t), httpOptions{instead: answering(test.status, test.header, test.body)})
			failure := openFailure(t, locationSettings{URL: host.url()})
			is.Equal(failure.Code, test.code)
			if !strings.Contains(failure.Message, test.says) {
				t.Errorf("%q does not say %q", failure.Message, test.says)
			}
			is.True(len(failure.Message) < 600)
			is.True(!strings.Contains(failure.Message, "<"))
			is.Equal(min(failure.RetryAfter, time.Hour), test.waiting)
		})
	}
}

func TestAnErrorBodyWithoutEndIsNotReadToItsEnd(t *testing.T) {
	is := is.New(t)
	written := make(chan int, 1)
	host := serveHTTP(t, newTestRepository(t), httpOptions{instead: func(w http.ResponseWriter, q *http.Request) bool {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusForbidden)
		total := 0
		for block := make([]byte, 32<<10); q.Context().Err() == nil; {
			n, err := w.Write(block)
			if total += n; err != nil {
				break
			}
		}
		written <- total
		return true
	}})
	is.Equal(openFailure(t, locationSettings{URL: host.url()}).Code, actors.CodeAuth)
	is.True(<-written < 64<<20) // what fits into the buffers in between
}

func TestNoSecretIsInAFailure(t *testing.T) {
	is := is.New(t)
	const token, password = "t0k/en%", "pa ss+word"
	echo := func(w http.ResponseWriter, q *http.Request) bool {
		user, pass, _ := q.BasicAuth()
		http.Error(w, strings.Join([]string{user, pass, url.QueryEscape(user), url.PathEscape(pass), url.QueryEscape(pass),
			strings.ToLower(url.QueryEscape(user)), q.Header.Get("Authorization")}, " | "), http.StatusForbidden)
		return true
	}
	host := serveHTTP(t, newTestRepository(t), httpOptions{instead: echo})
	for _, userinfo := range []*url.Userinfo{url.User(token), url.UserPassword("alice", password),
		url.UserPassword(token, "x-oauth-basic")} {
		message := openFailure(t, locationSettings{URL: strings.Replace(host.url(), "://", "://"+userinfo.String()+"@", 1)}).Message
		is.True(strings.Contains(message, redacted))
		for _, secret := range []string{"t0k", "en%", "pa ss", "pa+ss", "ss+word", "word", "pa%20ss", "Basic Y", "Basic d"} {
			if strings.Contains(message, secret) {
				t.Errorf("%q shows %q", message, secret)
			}
		}
	}
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	is := is.New(t)
	now := time.Date(2026, 2, 15, 12, 0, 0, 0, time.UTC)
	is.Equal(retryAfter("120", now), 2*time.Minute)
	is.Equal(retryAfter("Sun, 15 Feb 2026 12:00:30 GMT", now), 30*time.Second)
	is.Equal(retryAfter("Sun, 15 Feb 2026 11:00:00 GMT", now), time.Duration(0))
	is.Equal(retryAfter("-5", now), time.Duration(0))
	is.Equal(retryAfter("soon", now), time.Duration(0))
	is.Equal(retryAfter("99999999999999999999", now), time.Duration(0))
	is.Equal(retryAfter("", now), time.Duration(0))
}

// redirecting answers the first request with a redirect to another address.
func redirecting(status int, target func(*http.Request) string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, q *http.Request) bool {
		location := target(q)
		if location == "" {
			return false
		}
		w.Header().Set("Location", location)
		w.WriteHeader(status)
		return true
	}
}

func TestARedirectWithinTheHostIsFollowedAnewInEachSession(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			is := is.New(t)
			repository := newTestRepository(t)
			tip := repository.commit("docker-compose.yml", "a")
			host := serveHTTP(t, repository, httpOptions{user: "alice", password: "secret",
				instead: redirecting(status, func(q *http.Request) string {
					if rest, found := strings.CutPrefix(q.URL.Path, "/old"); found {
						return "/stacks" + rest + "?" + q.URL.RawQuery
					}
					return ""
				})})
			address := strings.Replace(host.URL, "://", "://alice:secret@", 1) + "/old"
			remote := newTestRemote(t, locationSettings{URL: address})
			from := openSession(t, remote, hostFacts{})
			is.True(from.facts().moved)
			is.Equal(unpackedCount(t, from, tip), 3)
			host.saw()
			is.Equal(openSession(t, remote, from.facts()).tip(), tip)
			var asked []string
			for _, request := range host.saw() {
				asked = append(asked, request.method+" "+request.path)
			}
			is.Equal(asked, []string{"GET /old/info/refs", "GET /stacks/info/refs", "POST /stacks/git-upload-pack"})
		})
	}
}

// A repository that was renamed leaves a redirect behind, until another one takes its name.
func TestARepositoryThatTakesTheNameOfARenamedOneIsServed(t *testing.T) {
	is := is.New(t)
	renamed, taker := newTestRepository(t), newTestRepository(t)
	before, after := renamed.commit("docker-compose.yml", "a"), taker.commit("docker-compose.yml", "b")
	elsewhere := serveHTTP(t, renamed, httpOptions{})
	leads := make(chan bool, 1) // holds whether the redirect is there
	leads <- true
	host := serveHTTP(t, taker, httpOptions{instead: redirecting(301, func(q *http.Request) string {
		redirect := <-leads
		leads <- redirect
		if redirect {
			return elsewhere.URL + q.URL.String()
		}
		return ""
	})})
	source := newTestSource(t, host.url())
	state, err := source.Fetch(t.Context(), actors.DesiredState{})
	is.NoErr(err)
	is.Equal(state.Revision, before.String())
	<-leads
	leads <- false
	state, err = source.Fetch(t.Context(), state)
	is.NoErr(err)
	is.Equal(state.Revision, after.String())
}

func TestCredentialsAreNotShownToAnotherHost(t *testing.T) {
	is := is.New(t)
	repository := newTestRepository(t)
	tip := repository.commit("docker-compose.yml", "a")
	for _, wants := range []string{"", "secret"} {
		options := httpOptions{}
		if wants != "" {
			options = httpOptions{user: "alice", password: wants}
		}
		other := serveHTTP(t, repository, options)
		host := serveHTTP(t, repository, httpOptions{instead: redirecting(302, func(q *http.Request) string {
			return strings.Replace(other.URL, "://", "://mallory:x@", 1) + q.URL.String()
		})})
		settings := locationSettings{URL: strings.Replace(host.url(), "://", "://alice:secret@", 1)}
		if wants == "" {
			from := openSession(t, newTestRemote(t, settings), hostFacts{})
			is.Equal(unpackedCount(t, from, tip), 3)
		} else {
			failure := openFailure(t, settings)
			is.Equal(failure.Code, actors.CodeAuth)
			is.True(strings.Contains(failure.Message, "to which the credentials are not shown"))
		}
		requests := other.saw()
		is.True(len(requests) > 0)
		for _, request := range requests {
			is.Equal(request.authorization, "")
		}
	}
}

func TestARedirectElsewhereIsRefused(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	tests := map[string]struct {
		tls    bool
		target func(*http.Request) string
		code   actors.Code
	}{
		"to a login page": {false, func(*http.Request) string { return "/login" }, actors.CodeProtocol},
		"without end":     {false, func(q *http.Request) string { return q.URL.String() }, actors.CodeProtocol},
		"to a file":       {false, func(q *http.Request) string { return "file:///" + q.URL.String() }, actors.CodeProtocol},
		"to nonsense":     {false, func(*http.Request) string { return "http://[::1" }, actors.CodeProtocol},
		"away from TLS":   {true, func(q *http.Request) string { return plain.URL + q.URL.String() }, actors.CodeUntrusted},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			host := serveHTTP(t, newTestRepository(t), httpOptions{tls: test.tls, instead: redirecting(302, test.target)})
			settings := locationSettings{URL: host.url()}
			if test.tls {
				settings.CAFile = certificateFile(t, host)
			}
			is.Equal(openFailure(t, settings).Code, test.code)
			is.True(len(host.saw()) <= 1+maxRedirects+1) // the first is no greeting
		})
	}
}

func TestARedirectedPostIsNotFollowed(t *testing.T) {
	is := is.New(t)
	repository := newTestRepository(t)
	repository.commit("docker-compose.yml", "a")
	host := serveHTTP(t, repository, httpOptions{instead: redirecting(307, func(q *http.Request) string {
		if q.Method == http.MethodPost {
			return "/elsewhere"
		}
		return ""
	})})
	failure := openFailure(t, locationSettings{URL: host.url()})
	is.Equal(failure.Code, actors.CodeProtocol)
	is.True(strings.Contains(failure.Message, "redirects"))
}

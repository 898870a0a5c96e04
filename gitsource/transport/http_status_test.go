package transport

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
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/protocol"
)

func TestAStatusCodeBecomesAFailure(t *testing.T) {
	plain := map[string]string{"Content-Type": "text/plain; charset=utf-8"}
	page := map[string]string{"Content-Type": "text/html; charset=utf-8"}
	const dumb = githost.SomeID + "\trefs/heads/main\n"
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
		{407, map[string]string{"Proxy-Authenticate": `Digest realm="x"`}, "", actors.CodeUnreachable, "The proxy wants credentials by Digest", 0},
		{429, map[string]string{"Retry-After": "17"}, "", actors.CodeUnreachable, "429 Too Many Requests.", 17 * time.Second},
		{500, page, "<pre>stack trace</pre>", actors.CodeUnreachable, "500 Internal Server Error.", 0},
		{503, map[string]string{"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, "", actors.CodeUnreachable, "503",
			time.Hour},
		{400, plain, strings.Repeat("x", 1000), actors.CodeProtocol, "400 Bad Request: xxx", 0},
		{200, page, "<title>Sign in</title>", actors.CodeProtocol, "it is a web page", 0},
		{200, plain, "0000 refs/heads/main", actors.CodeProtocol, "dumb", 0},
		{200, map[string]string{"Content-Type": "text/plain"}, dumb, actors.CodeProtocol, "dumb", 0},
		{200, map[string]string{"Content-Type": "application/octet-stream"}, dumb, actors.CodeProtocol, "dumb", 0},
		{200, map[string]string{"Content-Type": ""}, dumb, actors.CodeProtocol, "dumb", 0},
		{200, map[string]string{"Content-Type": "image/png"}, "", actors.CodeProtocol, "cut short", 0},
		{200, map[string]string{"Content-Type": "application/x-git-upload-pack-advertisement"}, "<html>", actors.CodeProtocol,
			"not Git's protocol", 0},
		{200, map[string]string{"Content-Type": "application/x-git-upload-pack-advertisement"}, "", actors.CodeProtocol,
			"cut short", 0},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.status, test.says), func(t *testing.T) {
			is := is.New(t)
			host := githost.ServeHTTP(t, githost.New(t), githost.HTTPOptions{Instead: githost.Answering(test.status, test.header, test.body)})
			failure := openFailure(t, location.Settings{URL: host.Repository()})
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
	host := githost.ServeHTTP(t, githost.New(t), githost.HTTPOptions{Instead: func(w http.ResponseWriter, q *http.Request) bool {
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
	is.Equal(openFailure(t, location.Settings{URL: host.Repository()}).Code, actors.CodeAuth)
	is.True(<-written < 64<<20) // as much as the buffers on the way hold
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
	host := githost.ServeHTTP(t, githost.New(t), githost.HTTPOptions{Instead: echo})
	for _, userinfo := range []*url.Userinfo{url.User(token), url.UserPassword("alice", password),
		url.UserPassword(token, "x-oauth-basic")} {
		message := openFailure(t, location.Settings{URL: strings.Replace(host.Repository(), "://", "://"+userinfo.String()+"@", 1)}).Message
		is.True(strings.Contains(message, "***"))
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

func TestARedirectWithinTheHostIsFollowedAnewInEachSession(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			is := is.New(t)
			repository := githost.New(t)
			tip := repository.Commit("docker-compose.yml", "a")
			host := githost.ServeHTTP(t, repository, githost.HTTPOptions{User: "alice", Password: "secret",
				Instead: githost.Redirecting(status, func(q *http.Request) string {
					if rest, found := strings.CutPrefix(q.URL.Path, "/old"); found {
						return "/stacks" + rest + "?" + q.URL.RawQuery
					}
					return ""
				})})
			address := strings.Replace(host.URL, "://", "://alice:secret@", 1) + "/old"
			remote := newTestRemote(t, location.Settings{URL: address})
			from := openSession(t, remote, protocol.Facts{})
			is.True(from.Facts().Moved)
			is.Equal(unpackedCount(t, from, tip), 3)
			host.Saw()
			is.Equal(openSession(t, remote, from.Facts()).Tip(), tip)
			var asked []string
			for _, request := range host.Saw() {
				asked = append(asked, request.Method+" "+request.Path)
			}
			is.Equal(asked, []string{"GET /old/info/refs", "GET /stacks/info/refs", "POST /stacks/git-upload-pack"})
		})
	}
}

func TestCredentialsAreNotShownToAnotherHost(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	for _, wants := range []string{"", "secret"} {
		options := githost.HTTPOptions{}
		if wants != "" {
			options = githost.HTTPOptions{User: "alice", Password: wants}
		}
		other := githost.ServeHTTP(t, repository, options)
		host := githost.ServeHTTP(t, repository, githost.HTTPOptions{Instead: githost.Redirecting(302, func(q *http.Request) string {
			return strings.Replace(other.URL, "://", "://mallory:x@", 1) + q.URL.String()
		})})
		settings := location.Settings{URL: strings.Replace(host.Repository(), "://", "://alice:secret@", 1)}
		if wants == "" {
			from := openSession(t, newTestRemote(t, settings), protocol.Facts{})
			is.Equal(unpackedCount(t, from, tip), 3)
		} else {
			failure := openFailure(t, settings)
			is.Equal(failure.Code, actors.CodeAuth)
			is.True(strings.Contains(failure.Message, "to which the credentials are not sent"))
		}
		requests := other.Saw()
		is.True(len(requests) > 0)
		for _, request := range requests {
			is.Equal(request.Authorization, "")
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
			host := githost.ServeHTTP(t, githost.New(t), githost.HTTPOptions{TLS: test.tls, Instead: githost.Redirecting(302, test.target)})
			settings := location.Settings{URL: host.Repository()}
			if test.tls {
				settings.CAFile = certificateFile(t, host)
			}
			is.Equal(openFailure(t, settings).Code, test.code)
			is.True(len(host.Saw()) <= 1+maxRedirects+1) // the first request is not a greeting
		})
	}
}

func TestARedirectedPostIsNotFollowed(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{Instead: githost.Redirecting(307, func(q *http.Request) string {
		if q.Method == http.MethodPost {
			return "/elsewhere"
		}
		return ""
	})})
	failure := openFailure(t, location.Settings{URL: host.Repository()})
	is.Equal(failure.Code, actors.CodeProtocol)
	is.True(strings.Contains(failure.Message, "redirects"))
}

// The failure names a proxy that refuses a tunnel, so that nobody looks for the fault at the Git host. It does not
// quote the proxy, which has seen its own password.
func TestAProxyThatRefusesATunnelIsNamed(t *testing.T) {
	is := is.New(t)
	for status, says := range map[int]string{
		http.StatusProxyAuthRequired: "The proxy wants credentials; give them in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY.",
		http.StatusForbidden:         "The proxy does not connect to the Git host: 403 Forbidden.",
		http.StatusBadGateway:        "The proxy does not connect to the Git host: 502 Bad Gateway.",
	} {
		failure := fault.Of(refusedTunnel(&http.Response{StatusCode: status}))
		is.Equal(failure.Code, actors.CodeUnreachable)
		is.Equal(failure.Message, says)
	}
	is.NoErr(refusedTunnel(&http.Response{StatusCode: http.StatusOK}))
}

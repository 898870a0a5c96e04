package integration_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// Odd methods, paths, hosts and origins, and the memory that they take. The service is the shipped build.

func TestOddMethodsAndPathsAreAnsweredInJSON(t *testing.T) {
	is := is.New(t)
	_, host, first, s := refreshed(t, twoStacks(), shipped(), "WEBHOOK_SECRET="+githubSecret)
	before := host.Counts().Requests
	paths := []string{
		"/", "//", "/.", "/..", "/api", "/api/v1/", "/api/v1/stacks/", "/api/v1/stacks//", "/api/v1/stacks/web/", "/api/v1/stacks/../web",
		"/api/v1/stacks/%2e%2e/%2e%2e/etc/passwd", "/api/v1/stacks/%00", "/api/v1/stacks/%ff", "/api/v1/refresh/", "/healthz/", "/%2f",
		"/api/v1/webhook/", "/API/V1/STACKS", "/api/v1/refreshes/%0a", "/index.html", "/.git/config", "/api/v1/stacks/web?wait=-1s",
		"/api/v1/stacks?status=%00", "/api/v1/refreshes?limit=1e9", "/api/v1/stacks?wait=99999999h", "/api/v1/refresh;x", "*",
		"http://elsewhere/api/v1/stacks", "/\x7f", "/é", "/?" + strings.Repeat("a=b&", 1000),
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "CONNECT", "G\u00c9T", "get", ""} {
		for _, path := range paths {
			answer := s.raw(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			media := answer.header.Get("Content-Type")
			switch {
			case method == "HEAD" && answer.body == "" && answer.status != 0:
			// net/http answers 400 itself and closes with the rest of the request unread, so that the system may drop the answer
			// (RFC 9112, 9.6): it reads no more than 14 bytes of a line that cannot be a request, because it looks for HTTP/2.
			case method == "" && answer.status == 0:
			// net/http answers this itself, before any handler.
			case strings.HasPrefix(media, "text/plain") && answer.status == http.StatusBadRequest:
			case strings.HasPrefix(media, "text/html") && answer.status == http.StatusOK && strings.HasPrefix(path, "/?"), path == "/" && method == "GET":
			case media != "application/json" || !json.Valid([]byte(answer.body)):
				t.Errorf("%s %q: %d %s %.100q", method, path, answer.status, media, answer.body)
			}
			if answer.status >= 300 && answer.status < 400 {
				t.Errorf("%s %q: a redirect", method, path)
			}
			if answer.status == http.StatusMethodNotAllowed && answer.header.Get("Allow") == "" {
				t.Errorf("%s %q: 405 without Allow", method, path)
			}
		}
	}
	is.Equal(host.Counts().Requests, before) // no request to Git came of it
	is.Equal(s.snapshot().Revision, first)
	is.Equal(s.count("panic"), 0)
	s.staysSmall()
}

func TestSmuggledAndMalformedRequestsAreRefused(t *testing.T) {
	is := is.New(t)
	_, host, _, s := refreshed(t, twoStacks(), shipped())
	before := host.Counts().Requests
	const post = "POST /api/v1/refresh HTTP/1.1\r\nHost: x\r\n"
	for _, request := range []string{
		post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n",
		post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", post + "Content-Length: -1\r\n\r\n",
		post + "Transfer-Encoding: gzip\r\n\r\n", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", post + " folded: x\r\n\r\n", post + "X\x00: y\r\n\r\n",
		"POST /api/v1/refresh HTTP/1.1\r\n\r\n", "POST /api/v1/refresh HTTP/9.9\r\nHost: x\r\n\r\n", "\r\n\r\n\r\n\x00\x01\x02",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", post + "Host: y\r\n\r\n",
		"POST /api/v1/refresh\r\n\r\n", post + "Expect: something\r\n\r\n",
	} {
		answer := s.rawAndNoMore(request)
		if answer.status != 0 && answer.status < 400 {
			t.Errorf("%q is answered with %d", request, answer.status)
		}
	}
	is.Equal(host.Counts().Requests, before)
	is.Equal(s.get("/healthz").status, http.StatusOK)
	s.staysSmall()
}

// A page of another site may do nothing, and neither may a page under an attacker's name for this machine.
func TestForeignOriginAndForeignHostGetNothing(t *testing.T) {
	is := is.New(t)
	_, host, _, s := refreshed(t, twoStacks(), shipped(), "ALLOWED_HOSTS=deploy.example.org,127.0.0.1",
		"WEBHOOK_SECRET="+githubSecret)
	before := host.Counts().Requests
	for _, headers := range [][]string{
		{"Origin: https://evil.example"}, {"Origin: null"}, {"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"},
		{"Origin: http://127.0.0.1:1"}, {"Sec-Fetch-Site: cross-site", "Content-Type: text/plain"},
	} {
		for _, c := range [][2]string{
			{http.MethodPost, "/api/v1/refresh"}, {http.MethodPut, "/api/v1/stacks/web"}, {http.MethodDelete, "/api/v1/stacks/web"},
		} {
			s.refuses(s.do(c[0], c[1], `{"status":"syncing"}`, headers...), http.StatusForbidden, "cross_origin")
		}
		is.Equal(s.get("/api/v1/stacks", headers...).header.Get("Access-Control-Allow-Origin"), "") // nor may it read
	}
	for _, name := range []string{"evil.example", "evil.example:80", "deploy.example.org.evil.example", "127.0.0.2", "[::1]", "", "localhost"} {
		for _, line := range []string{"GET /api/v1/stacks", "POST /api/v1/refresh", "GET /", "POST /api/v1/webhook", "GET /nowhere"} {
			answer := s.raw(line + " HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n")
			s.refuses(answer, http.StatusMisdirectedRequest, "misdirected")
		}
		for _, path := range []string{"/healthz", "/readyz"} {
			is.Equal(s.raw("GET "+path+" HTTP/1.1\r\nHost: "+name+"\r\nConnection: close\r\n\r\n").status, http.StatusOK)
		}
	}
	for _, name := range []string{"deploy.example.org", "DEPLOY.example.org:8080", "deploy.example.org.", s.address} {
		is.Equal(s.raw("GET /api/v1/refresh HTTP/1.1\r\nHost: "+name+"\r\nConnection: close\r\n\r\n").status, http.StatusOK)
	}
	is.Equal(host.Counts().Requests, before)
	own := s.do(http.MethodPost, "/api/v1/refresh?wait=30s", "", "Origin: http://"+s.address, "Sec-Fetch-Site: same-origin")
	is.Equal(own.status, http.StatusOK) // the service's own page may
	s.staysSmall()
}

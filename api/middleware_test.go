package api

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

func TestOnlyAllowedHostsAreAnswered(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{settings: Settings{AllowedHosts: []string{"Mooring.example.org", " ::1", "10.0.0.1"}}})
	for host, allowed := range map[string]bool{
		"mooring.example.org":        true,
		"MOORING.example.org:8080":   true,
		"mooring.example.org.":       true,
		"[::1]:8080":                 true,
		"[::1]":                      true,
		"10.0.0.1":                   true,
		"10.0.0.1:99":                true,
		"example.org":                false,
		"evil.mooring.example.org":   false,
		"mooring.example.org.evil":   false,
		"127.0.0.1":                  false,
		"mooring.example.org:80:80":  false,
		"mooring.example.org@evil:1": false,
	} {
		for _, path := range []string{"/api/v1/refresh", "/api/v1/stacks", "/none", "/"} {
			r := s.do("GET", path, "", "Host: "+host)
			is.Equal(r.status != http.StatusMisdirectedRequest, allowed) // host
			if !allowed {
				is.Equal(errorOf(t, r), string(codeMisdirected))
			}
		}
		is.Equal(s.do("GET", "/healthz", "", "Host: "+host).status, http.StatusOK)
		is.Equal(s.do("GET", "/readyz", "", "Host: "+host).status, http.StatusServiceUnavailable)
	}
}

func TestBrowsersOnOtherSitesMayNotAct(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a")
	for _, headers := range [][]string{
		{"Sec-Fetch-Site: cross-site"},
		{"Sec-Fetch-Site: same-site"},
		{"Origin: https://evil.example"},
		{"Origin: null"},
	} {
		for _, request := range [][2]string{
			{"POST", "/api/v1/refresh"}, {"PUT", "/api/v1/stacks/a"}, {"DELETE", "/api/v1/stacks/a"}, {"POST", "/none"},
		} {
			r := s.do(request[0], request[1], `{"status":"syncing"}`, headers...)
			s.refuses(r, http.StatusForbidden, codeCrossOrigin)
		}
		is.Equal(s.do("GET", "/api/v1/refresh", "", headers...).status, http.StatusOK)
		// The webhook is open to other sites: it checks a signature.
		s.refuses(s.do("POST", "/api/v1/webhook", "", headers...), http.StatusServiceUnavailable, codeWebhookDisabled)
	}
	for _, header := range []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none", "Origin: http://" + s.address} {
		is.Equal(s.do("PUT", "/api/v1/stacks/a", `{"status":"syncing"}`, header).status, http.StatusOK)
	}
}

// A browser that speaks plain HTTP sends Origin alone, and a proxy may rewrite Host.
func TestThePagesOwnHeaderProvesItWhereHostIsRewritten(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a")
	const own = pageHeader + ": yes"
	for _, origin := range []string{"http://mooring.example.org", "http://mooring.example.org:8080", "null"} {
		r := s.do("PUT", "/api/v1/stacks/a", `{"status":"syncing"}`, "Origin: "+origin, own)
		is.Equal(r.status, http.StatusOK)
		s.refuses(s.do("PUT", "/api/v1/stacks/a", `{"status":"syncing"}`, "Origin: "+origin, pageHeader+": "),
			http.StatusForbidden, codeCrossOrigin)
	}
	for _, site := range []string{"cross-site", "same-site"} { // the browser knows better than any header
		s.refuses(s.do("POST", "/api/v1/refresh", "", "Origin: http://evil.example", "Sec-Fetch-Site: "+site, own),
			http.StatusForbidden, codeCrossOrigin)
	}
	// What a browser asks before it lets a page of another site send the header.
	r := s.do("OPTIONS", "/api/v1/refresh", "", "Origin: http://evil.example", "Access-Control-Request-Method: POST",
		"Access-Control-Request-Headers: "+strings.ToLower(pageHeader))
	is.Equal(r.status, http.StatusMethodNotAllowed)
	for name := range r.header {
		is.True(!strings.HasPrefix(name, "Access-Control-")) // no permission
	}
}

func TestAllowedHostsHoldForThePageWhereHostIsRewritten(t *testing.T) {
	s := serve(t, options{settings: Settings{AllowedHosts: []string{"upstream", "mooring.example.org"}}})
	post := func(origin string) reply {
		return s.do("POST", "/api/v1/refresh", "", "Host: upstream:80", "Origin: "+origin, pageHeader+": yes")
	}
	is.New(t).Equal(post("http://mooring.example.org:8080").status, http.StatusAccepted)
	for _, origin := range []string{"http://rebound.example:8080", "null", "http://%zz"} {
		s.refuses(post(origin), http.StatusForbidden, codeCrossOrigin)
	}
}

func TestRequestsAreLoggedAtDebugLevelAlone(t *testing.T) {
	is := is.New(t)
	for level, logged := range map[slog.Level]bool{slog.LevelDebug: true, slog.LevelInfo: false} {
		var log strings.Builder
		s := serve(t, options{log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))})
		s.do("GET", "/none/%0Aforged", "")
		// A long poll needs the connection through the wrapped writer.
		r := s.do("GET", "/api/v1/stacks?wait=1ms", "", "If-None-Match: *")
		is.Equal(r.status, http.StatusNotModified)
		s.stopActor()
		s.stopServer() // the log is at rest from here on
		line := `level=DEBUG msg=request method=GET path="/none/\nforged" status=404`
		is.Equal(strings.Contains(log.String(), line), logged)
		is.Equal(strings.Contains(log.String(), "path=/api/v1/stacks status=304"), logged)
	}
}

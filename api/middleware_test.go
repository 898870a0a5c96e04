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

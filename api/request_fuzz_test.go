package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"mooring/api/apitest"
)

// FuzzRequest sends any target and headers to the whole server. Each request gets an answer, in JSON unless it is the
// page, and the body of an error has a code.
func FuzzRequest(f *testing.F) {
	s := serve(f, options{settings: Settings{AllowedHosts: []string{"example.org"}}})
	s.Refreshed(apitest.RevisionA, ".", "apps/web")
	for _, seed := range [][4]string{
		{"GET", "/api/v1/stacks?status=missing&in_sync=false", "If-None-Match", `W/"x", "y"`},
		{"GET", "/api/v1/stacks", "Accept-Encoding", "gzip;q=0.5, *;q=0, identity"}, {"HEAD", "/", "Host", "example.org:80"},
		{"GET", "/api/v1/refreshes?limit=5", "Host", "[::1]:8080"}, {"PUT", "/api/v1/stacks/%2e%2e", "Origin", "null"},
		{"DELETE", "/api/v1/stacks/", "Sec-Fetch-Site", "cross-site"}, {"OPTIONS", "*", "Authorization", "Bearer x"},
		{"GET", "/api/v1/refreshes/x%00", "If-None-Match", "*"}, {"G", "//", "X-Hub-Signature-256", "sha256="},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, target, header, value string) {
		address, err := url.ParseRequestURI(target)
		if err != nil || strings.EqualFold(method, "POST") && address.Path == "/api/v1/refresh" || address.Query().Has("wait") {
			return // net/http refuses an invalid target; the others trigger a refresh or wait
		}
		request := httptest.NewRequestWithContext(t.Context(), "GET", "/", strings.NewReader("{}"))
		request.Method, request.URL = method, address
		if strings.EqualFold(header, "host") {
			request.Host = value
		}
		request.Header.Add(header, value)
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, request)
		media := w.Header().Get("Content-Type")
		switch {
		case w.Code < 200 || w.Code >= 300 && w.Code < 400 && w.Code != http.StatusNotModified || w.Code == http.StatusInternalServerError:
			t.Fatalf("%s %q: %d", method, target, w.Code)
		case w.Code == http.StatusNotModified || media == "application/json":
		case address.Path != "/" || w.Code != http.StatusOK:
			t.Fatalf("%s %q: %d is of type %q", method, target, w.Code, media)
		}
	})
}

// FuzzHostHeader checks that ALLOWED_HOSTS allows only the name that it has, however a Host header spells it.
func FuzzHostHeader(f *testing.F) {
	for _, host := range []string{
		"example.org", "EXAMPLE.ORG.:80", "[::1]:1", "example.org@evil", "evil.example.org", "", ":", "[", "example.org:",
		"EXAMPLE.ORG:@",
	} {
		f.Add(host)
	}
	allowed := newHostNames([]string{"example.org"})
	f.Fuzz(func(t *testing.T, host string) {
		name, _, _ := strings.Cut(strings.ToLower(host), ":")
		name = strings.Trim(strings.TrimSpace(name), "[]. \t\r\n")
		if allowed.allow(host) && !strings.Contains(name, "example.org") {
			t.Fatalf("%q is taken for example.org", host)
		}
		if allowed.allow(host) && strings.ContainsAny(host, "@/\\") {
			t.Fatalf("%q is taken for example.org", host)
		}
	})
}

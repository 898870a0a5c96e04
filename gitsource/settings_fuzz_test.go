package gitsource

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"mooring/actors"
)

// FuzzSettings holds what operators type to the rules: what is accepted leads nowhere but where it says, and what is
// refused is refused by the variable's name.
func FuzzSettings(f *testing.F) {
	f.Add("https://alice:p%40ss@git.example.com:8443/a/b.git", "main", "deploy/live", "a.yml,b.yml", "alice")
	f.Add("git@[::1]:~alice/stacks", "refs/pull/1/head", ".", "docker-compose.yml", "")
	f.Add("ssh://git@host/~/x", "", "./a/../b/", " a , b ", "x")
	f.Add("file:///srv/git", "0123456789012345678901234567890123456789", "/", "", "a:b")
	f.Add("../stacks", "a..b", "..", "a/b", "\n")
	f.Fuzz(func(t *testing.T, address, ref, dir, names, user string) {
		s := Settings{URL: address, Ref: ref, DeployDir: dir, ComposeFiles: strings.Split(names, ","), Username: user}
		if err := s.Validate(); err != nil {
			variable, _, _ := strings.Cut(err.Error(), " ")
			if !strings.HasPrefix(variable, "GIT_") && variable != "COMPOSE_FILES" {
				t.Fatalf("the error names no variable: %v", err)
			}
			return
		}
		if d := s.rules().DeployDir; d != "." && (strings.HasPrefix(d, "/") || strings.Contains("/"+d+"/", "/../") || d == "") {
			t.Fatalf("the deploy directory %q is outside", d)
		}
		for _, name := range s.composeNames() {
			if name == "" || strings.ContainsAny(name, "/\x00\n") || name == ".." {
				t.Fatalf("%q is no file name", name)
			}
		}
		at, err := parseEndpoint(address)
		if err != nil {
			t.Fatal(err)
		}
		checkDisplay(t, at)
	})
}

// checkDisplay holds the shown form of an address to be the same place without the credentials.
func checkDisplay(t *testing.T, at endpoint) {
	shown := at.display()
	if strings.ContainsFunc(shown, unicode.IsControl) {
		t.Fatalf("%q is shown", shown)
	}
	if !at.isHTTP() {
		return // a path is shown as a person reads it, not as a URL
	}
	again, err := parseEndpoint(shown)
	if err != nil || again != (endpoint{scheme: at.scheme, host: at.host, path: at.path}) {
		t.Fatalf("%+v is shown as %q, which is %+v: %v", at, shown, again, err)
	}
}

// FuzzHostText holds texts of Git hosts to what may be shown: one line, bounded, without control characters and without
// the secret that the host has seen.
func FuzzHostText(f *testing.F) {
	f.Add("access denied\r\n\x1b[31m for p@ss w/rd", "p@ss w/rd")
	f.Add(strings.Repeat("x", 299)+"secret", "secret")
	f.Add("ERR repository not found: p%40ss", "p@ss")
	f.Add("\xff\u202e\u2028", "\xff")
	f.Fuzz(func(t *testing.T, said, secret string) {
		settings := locationSettings{URL: "https://h/x", Password: func() (string, error) { return secret, nil }}
		hide := func(text string) string { return redact(settings, text) }
		w := &httpWire{redact: hide, named: &url.URL{Scheme: "https", Host: "h"}, at: &url.URL{Scheme: "https", Host: "h"}}
		header := http.Header{"Content-Type": {"text/plain"}, "Retry-After": {said}}
		for _, status := range []int{400, 401, 404, 429, 500} {
			response := &http.Response{StatusCode: status, Header: header, Body: body(said), Request: &http.Request{URL: w.at}}
			checkShown(t, classify(w.statusFailure(response, w.errorText(response))), secret)
		}
		failure := (&session{redact: hide}).fail(t.Context(), &hostError{text: said})
		checkShown(t, classify(failure), secret)
	})
}

func body(text string) stringBody { return stringBody{strings.NewReader(text)} }

type stringBody struct{ *strings.Reader }

// Close implements io.Closer.
func (stringBody) Close() error { return nil }

func checkShown(t *testing.T, failure *actors.Failure, secret string) {
	const ours = 300 // characters of what is said around it
	message := failure.Message
	if !utf8.ValidString(message) || len([]rune(message)) > maxText+ours || strings.ContainsFunc(message, unicode.IsControl) {
		t.Fatalf("%q is shown", message)
	}
	if failure.Code == actors.CodeInternal || failure.RetryAfter < 0 {
		t.Fatalf("%+v", failure)
	}
	// Short secrets are in any text, and the stars stand for the secret.
	if len(secret) > 8 && !strings.Contains(secret, "*") && strings.Contains(hostsShare(message), secret) {
		t.Fatalf("%q shows the secret %q", message, secret)
	}
}

// hostsShare is what of a message a host may have said: our own words may well hold a word that somebody has for a
// password.
func hostsShare(message string) string {
	if i := strings.LastIndex(message, ": "); i >= 0 {
		return message[i:]
	}
	return ""
}

// FuzzRedirect holds redirects to lead to a repository over HTTP, never away from TLS, and never with credentials.
func FuzzRedirect(f *testing.F) {
	for _, location := range []string{
		"/b/info/refs?service=git-upload-pack", "//other/b/info/refs?service=git-upload-pack", "http://x/info/refs?service=git-upload-pack",
		"https://u:p@x/a%2Fb/info/refs?service=git-upload-pack", "file:///info/refs", "\x00", "http://[::1", "?service=git-upload-pack", "",
	} {
		f.Add(location, true)
		f.Add(location, false)
	}
	f.Fuzz(func(t *testing.T, location string, tls bool) {
		from := &url.URL{Scheme: "http", Host: "h", Path: "/a/info/refs", RawQuery: "service=git-upload-pack"}
		if tls {
			from.Scheme = "https"
		}
		to, err := redirectTarget(&http.Response{Header: http.Header{"Location": {location}}, Request: &http.Request{URL: from}})
		if err != nil {
			hostsFaultOrDistrust(t, err)
			return
		}
		if to.User != nil || to.Host == "" || to.RawQuery != "" || to.Scheme != "https" && (tls || to.Scheme != "http") {
			t.Fatalf("%q leads to %q", location, to)
		}
		if mayShowCredentials(from, to) && to.Hostname() != "h" {
			t.Fatalf("credentials would go to %q", to)
		}
	})
}

func hostsFaultOrDistrust(t *testing.T, err error) {
	if code := classify(err).Code; code != actors.CodeProtocol && code != actors.CodeUntrusted {
		t.Fatalf("%s: %v", code, err)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"0", "120", "-1", "99999999999999999999", "Sun, 15 Feb 2026 12:00:30 GMT", "soon", ""} {
		f.Add(value)
	}
	now := time.Date(2026, 2, 15, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		if wait := retryAfter(value, now); wait < 0 {
			t.Fatalf("%q is a wait of %s", value, wait)
		}
	})
}

// FuzzSymbolicLink follows any target from a directory of a small repository: it ends, at a file of the repository or
// with a reason.
func FuzzSymbolicLink(f *testing.F) {
	for _, target := range []string{"file", "../a/file", "../../x", "/etc/passwd", "loop", "../b/up/up/file", "././/file", "", "..", "\x00"} {
		f.Add(target, "../a")
	}
	id := func(n byte) objectID { return objectID{19: n} }
	raw := func(n byte) string { h := id(n); return string(h[:]) }
	trees := map[objectID]string{
		id(1): "40000 a\x00" + raw(2) + "40000 b\x00" + raw(3) + "100644 file\x00" + raw(10) + "160000 sub\x00" + raw(11),
		id(2): "100644 file\x00" + raw(12) + "120000 link\x00" + raw(20) + "120000 loop\x00" + raw(21),
		id(3): "40000 up\x00" + raw(1) + "120000 other\x00" + raw(22), // a directory inside itself, which only a hash can be
	}
	f.Fuzz(func(t *testing.T, target, other string) {
		texts := map[objectID]string{id(20): other, id(21): "loop", id(22): target}
		resolver := newLinkResolver(func(_ context.Context, id objectID) ([]byte, error) {
			tree, found := trees[id]
			if !found {
				return nil, errAbsent
			}
			return []byte(tree), nil
		}, func(id objectID) (string, bool) { text, found := texts[id]; return text, found })
		at, reason, known, err := resolver.follow(t.Context(), target, []objectID{id(1), id(2)})
		isFile := at == id(10) || at == id(12)
		if err != nil || !known || (reason == "") != isFile {
			t.Fatalf("%q leads to %s, %q, %t, %v", target, at, reason, known, err)
		}
	})
}

package transport

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/location"
)

// FuzzHostText checks the sentence that quotes a host: it is one line of bounded length, without control characters and
// without the secret that the host has seen.
func FuzzHostText(f *testing.F) {
	f.Add("access denied\r\n\x1b[31m for p@ss w/rd", "p@ss w/rd")
	f.Add(strings.Repeat("x", 299)+"secret", "secret")
	f.Add("ERR repository not found: p%40ss", "p@ss")
	f.Add("\xff\u202e\u2028", "\xff")
	f.Fuzz(func(t *testing.T, said, secret string) {
		settings := location.Settings{URL: "https://h/x", Password: func() (string, error) { return secret, nil }}
		at, err := location.Parse(settings.URL)
		if err != nil {
			t.Fatal(err)
		}
		shown, _ := settings.Credentials(at)
		hide := settings.Redactor(at, shown).Clean
		w := &httpWire{redact: hide, named: &url.URL{Scheme: "https", Host: "h"}, at: &url.URL{Scheme: "https", Host: "h"}}
		header := http.Header{"Content-Type": {"text/plain"}, "Retry-After": {said}}
		for _, status := range []int{400, 401, 404, 429, 500} {
			response := &http.Response{StatusCode: status, Header: header, Body: body(said), Request: &http.Request{URL: w.at}}
			checkShown(t, fault.Of(w.statusFailure(response, w.errorText(response, readText(response)))), secret)
		}
		checkShown(t, fault.Redacted(t.Context(), &fault.HostError{Text: said}, hide), secret)
	})
}

func body(text string) stringBody { return stringBody{strings.NewReader(text)} }

type stringBody struct{ *strings.Reader }

// Close implements io.Closer.
func (stringBody) Close() error { return nil }

func checkShown(t *testing.T, failure *actors.Failure, secret string) {
	const ours = 300 // characters around the quoted text
	message := failure.Message
	if !utf8.ValidString(message) || len([]rune(message)) > fault.MaxText+ours || strings.ContainsFunc(message, unicode.IsControl) {
		t.Fatalf("%q is shown", message)
	}
	if failure.Code == actors.CodeInternal || failure.RetryAfter < 0 {
		t.Fatalf("%+v", failure)
	}
	// A short secret may be a part of any text, and a secret of stars looks like the text that replaces it.
	if len(secret) > 8 && !strings.Contains(secret, "*") && strings.Contains(hostsShare(message), secret) {
		t.Fatalf("%q shows the secret %q", message, secret)
	}
}

// hostsShare is the part of a message that may quote the host: the other part may contain the password by chance.
func hostsShare(message string) string {
	if i := strings.LastIndex(message, ": "); i >= 0 {
		return message[i:]
	}
	return ""
}

// FuzzRedirect checks that every redirect that is followed leads to a repository over HTTP, never from HTTPS to HTTP,
// and never with credentials.
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
		if maySendCredentials(from, to) && to.Hostname() != "h" {
			t.Fatalf("credentials would go to %q", to)
		}
	})
}

func hostsFaultOrDistrust(t *testing.T, err error) {
	if code := fault.Of(err).Code; code != actors.CodeProtocol && code != actors.CodeUntrusted {
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

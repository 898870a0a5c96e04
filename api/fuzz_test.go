package api

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"mooring/actors"
	"mooring/hashing"
)

func FuzzSignature(f *testing.F) {
	const digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	for _, seed := range []string{
		"", "sha256=", "sha256=" + digest, "sha256=" + strings.ToUpper(digest), digest, "sha1=" + digest,
		"sha256=" + digest + "," + digest, "sha256=" + digest[1:], "sha256= " + digest, "\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		parsed, err := parseSignature([]string{value})
		if err != nil {
			if known := faultOf(err); known.status != http.StatusUnauthorized {
				t.Fatalf("%q is refused with %d", value, known.status)
			}
			return
		}
		if !strings.EqualFold(value, "sha256="+hex.EncodeToString(parsed)) || len(parsed) != 32 {
			t.Fatalf("%q is taken for %x", value, parsed)
		}
	})
}

func FuzzPush(f *testing.F) {
	body := pushTo("refs/heads/main", revisionA, revisionB)
	for _, seed := range [][2]string{
		{body, "application/json"}, {"payload=" + url.QueryEscape(body), "application/x-www-form-urlencoded"},
		{"payload=%zz", "application/x-www-form-urlencoded"}, {"payload", "application/x-www-form-urlencoded;;"},
		{"", ""}, {"null", ""}, {"[[[[", ""}, {`{"ref":{}}`, ""}, {`{"repository":null,"ref":"x"}`, "a/b; c"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, body, contentType string) {
		p := parsePush(contentType, []byte(body))
		if e := p.expected(); e != "" && !isCommit(e) {
			t.Fatalf("expects %q", e)
		}
		if p.expected() == "" && len(p.stale()) > 0 {
			t.Fatal("something is stale though nothing is expected")
		}
		for _, refs := range []tracked{{"HEAD"}, {"refs/heads/main"}, nil} {
			if reason := refs.ignore(p); len(reason) > 4096 || strings.ContainsAny(reason, "\n\r\x1b") {
				t.Fatalf("reason %q", reason)
			}
		}
	})
}

func FuzzReport(f *testing.F) {
	for _, seed := range []string{
		`{"status":"syncing"}`, `{"status":"synced","hash":"` + hashing.Of(nil) + `"}`, `{"status":"missing","hash":null}`,
		"", "null", "{}", "[]", `{"status":"x"}`, `{"status":"syncing"}{}`, `{"status":"syncing","status":"missing"}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		report, err := parseReport(body)
		var known fault
		switch {
		case err != nil && (!errors.As(err, &known) || known.status != http.StatusBadRequest):
			t.Fatalf("refused with %v", err)
		case err != nil:
		case !json.Valid(body):
			t.Fatal("taken, though it is not JSON")
		case (report.Status == actors.Synced) != hashing.Valid(report.Hash):
			t.Fatalf("taken with status %q and hash %q", report.Status, report.Hash)
		}
	})
}

func FuzzStackPath(f *testing.F) {
	known := []string{" ", "%41", ".", "a b/c+d", "apps/web", "čéñ ☃ 😀"}
	s := serve(f, options{})
	s.refreshed(revisionA, known...)
	for _, seed := range slices.Concat(known, []string{
		"", "/", "//", "/.", "..", "../x", "apps/web/", "apps//web", "apps/../apps/web",
		"%2F", "\x00", "\xff", "a?b#c", "*", ":id",
	}) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		target, err := url.ParseRequestURI("/api/v1/stacks/" + url.PathEscape(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{"GET", "DELETE"} {
			request := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
			request.URL = target
			w := httptest.NewRecorder()
			s.server.ServeHTTP(w, request)
			wanted := http.StatusNotFound
			switch {
			case path != "" && !slices.Contains(known, path):
			case method == "GET":
				wanted = http.StatusOK
			default:
				wanted = http.StatusConflict
			}
			if w.Code != wanted || !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s %q: %d %s", method, path, w.Code, w.Body)
			}
		}
	})
}

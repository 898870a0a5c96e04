package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"mooring/actors"
	"mooring/api/apitest"
	"mooring/hashing"
)

func FuzzReport(f *testing.F) {
	for _, seed := range []string{
		`{"status":"syncing"}`, `{"status":"synced","hash":"` + hashing.Of(nil) + `"}`, `{"status":"missing","hash":null}`,
		"", "null", "{}", "[]", `{"status":"x"}`, `{"status":"syncing"}{}`, `{"status":"syncing","status":"missing"}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		report, err := parseReport(body)
		switch {
		case err != nil && faultOf(err).status != http.StatusBadRequest:
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
	s.Refreshed(apitest.RevisionA, known...)
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

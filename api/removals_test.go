package api

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
	"mooring/hashing"
)

// holding returns a service that holds the removal of a, b and c, while d is still in Git.
func holding(t *testing.T, settings Settings) service {
	t.Helper()
	s := serve(t, options{settings: settings, guarded: true})
	s.Refreshed(apitest.RevisionA, "a", "b", "c", "d")
	for _, path := range []string{"a", "b", "c", "d"} {
		s.Reported(actors.Report{Path: path, Status: actors.Synced, Hash: hashing.Of([]byte(path))})
	}
	s.Refreshed(apitest.RevisionB, "d")
	return s
}

func releaseOf(revision string, paths ...string) string {
	members := map[string]any{"revision": revision}
	if len(paths) > 0 {
		members["paths"] = paths
	}
	body, _ := json.Marshal(members)
	return string(body)
}

func TestHeldStacksAreReleasedByAnOperatorAlone(t *testing.T) {
	is := is.New(t)
	s := holding(t, Settings{})
	held := decoded(t, s.do("GET", "/api/v1/stacks/a", ""))
	is.Equal(held["status"], "synced")
	is.Equal(held["in_sync"], true)
	is.True(strings.Contains(held["held"].(string), "3 of the 4 stacks"))
	_, isHeld := decoded(t, s.do("GET", "/api/v1/stacks/d", ""))["held"]
	is.True(!isHeld)

	s.refuses(s.do("DELETE", "/api/v1/stacks/a", ""), http.StatusConflict, codeHeld)
	r := s.do("PUT", "/api/v1/stacks/a", `{"status":"syncing"}`)
	is.Equal(r.status, http.StatusOK)
	is.True(decoded(t, r)["held"] != nil) // a report ends no hold

	const path = "/api/v1/removals"
	s.refuses(s.do("POST", path, releaseOf(apitest.RevisionA)), http.StatusConflict, codeOtherRevision)
	s.refuses(s.do("POST", path, releaseOf(apitest.RevisionB, "a", "d")), http.StatusConflict, codeNothingHeld)
	r = s.do("POST", path, releaseOf(apitest.RevisionB, "b"))
	is.Equal(r.status, http.StatusOK)
	is.Equal(r.body, `{"released":["b"]}`+"\n")
	is.Equal(decoded(t, s.do("GET", "/api/v1/stacks/b", ""))["status"], "deleting")
	is.True(decoded(t, s.do("GET", "/api/v1/stacks/a", ""))["held"] != nil)
	is.Equal(s.do("DELETE", "/api/v1/stacks/b", "").status, http.StatusOK)
	is.Equal(s.do("POST", path, releaseOf(apitest.RevisionB)).body, `{"released":["a","c"]}`+"\n")
	s.refuses(s.do("POST", path, releaseOf(apitest.RevisionB)), http.StatusConflict, codeNothingHeld)
}

func TestWhatIsNoReleaseReleasesNothing(t *testing.T) {
	s := holding(t, Settings{})
	for _, body := range []string{
		"", "x", "null", "[]", "{}", `{"revision":""}`, `{"revision":5}`, `{"revision":null}`,
		`{"Revision":"` + apitest.RevisionB + `"}`, `{"revision":"` + apitest.RevisionB + `","path":"a"}`,
		`{"revision":"` + apitest.RevisionB + `","paths":[]}`, `{"revision":"` + apitest.RevisionB + `","paths":null}`,
		`{"revision":"` + apitest.RevisionB + `","paths":"a"}`, `{"revision":"` + apitest.RevisionB + `"}{}`,
	} {
		s.refuses(s.do("POST", "/api/v1/removals", body), http.StatusBadRequest, codeInvalidBody)
	}
	s.refuses(s.do("POST", "/api/v1/removals", releaseOf(apitest.RevisionB), "Sec-Fetch-Site: cross-site"),
		http.StatusForbidden, codeCrossOrigin)
	large := strings.Repeat(" ", removalsLimit) + releaseOf(apitest.RevisionB)
	s.refuses(s.do("POST", "/api/v1/removals", large), http.StatusRequestEntityTooLarge, codePayloadTooLarge)
	is.New(t).True(decoded(t, s.do("GET", "/api/v1/stacks/a", ""))["held"] != nil)
}

func TestAReleaseNeedsTheTokenOfDeployers(t *testing.T) {
	is := is.New(t)
	s := holding(t, Settings{DeployerToken: fixed("t0ken")})
	s.refuses(s.do("POST", "/api/v1/removals", releaseOf(apitest.RevisionB)), http.StatusUnauthorized, codeMissingToken)
	s.refuses(s.do("POST", "/api/v1/removals", releaseOf(apitest.RevisionB), "Authorization: Bearer other"),
		http.StatusUnauthorized, codeInvalidToken)
	r := s.do("POST", "/api/v1/removals", releaseOf(apitest.RevisionB), "Authorization: Bearer t0ken")
	is.Equal(r.status, http.StatusOK)
}

func TestAReportTellsOfItsAttempt(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a")
	tree, hash := strings.Repeat("ab", 32), hashing.Of([]byte("a"))
	s.do("PUT", "/api/v1/stacks/a", `{"status":"syncing","target":"alpha","revision":"`+apitest.RevisionA+`"}`)
	r := s.do("PUT", "/api/v1/stacks/a", `{"status":"synced","hash":"`+hash+`","tree":"`+tree+`"}`)
	body := decoded(t, r)
	is.Equal(body["applied_tree"], tree)
	is.Equal(body["target"], "alpha")
	sync := body["last_sync"].(map[string]any)
	is.Equal([]any{sync["outcome"], sync["revision"], sync["hash"], sync["target"]},
		[]any{"synced", apitest.RevisionA, hash, "alpha"})
	message := "error:\n\tno such\u0007 image " + strings.Repeat("é", 2000)
	quoted, _ := json.Marshal(message)
	r = s.do("PUT", "/api/v1/stacks/a", `{"status":"missing","message":`+string(quoted)+`}`)
	body = decoded(t, r)
	sync = body["last_sync"].(map[string]any)
	is.Equal(sync["outcome"], "failed")
	kept := sync["message"].(string)
	is.True(strings.HasPrefix(kept, "error: no such image é"))
	is.Equal(len([]rune(kept)), longestMessage)
	is.Equal(body["applied_tree"], tree)
	is.Equal(body["applied_hash"], hash)
}

// After a start over very many stacks, a refresh names all of them.
func TestAnswersAboutRefreshesAreCompressedIfTheyAreLarge(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	var paths []string
	for i := range 2000 {
		paths = append(paths, fmt.Sprintf("stack-%04d", i))
	}
	refresh := s.Refreshed(apitest.RevisionA, paths...)
	for _, path := range []string{"/api/v1/refresh", "/api/v1/refreshes", "/api/v1/refreshes/" + refresh.ID} {
		plain := s.do("GET", path, "")
		is.Equal(plain.header.Get("Content-Encoding"), "")
		is.Equal(plain.header.Get("Vary"), "Accept-Encoding")
		packed := s.do("GET", path, "", "Accept-Encoding: gzip")
		is.Equal(packed.header.Get("Content-Encoding"), "gzip")
		is.Equal(packed.header.Get("Vary"), "Accept-Encoding")
		is.True(len(packed.body) < len(plain.body)/3)
		reader, err := gzip.NewReader(strings.NewReader(packed.body))
		is.NoErr(err)
		content, err := io.ReadAll(reader)
		is.NoErr(err)
		is.Equal(string(content), plain.body)
	}
	s.Refreshed(apitest.RevisionA, paths...)
	small := s.do("GET", "/api/v1/refreshes?limit=1", "", "Accept-Encoding: gzip")
	is.Equal(small.header.Get("Content-Encoding"), "")
}

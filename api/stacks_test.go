package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
	"mooring/api/encode"
	"mooring/hashing"
)

func TestStacksAreServedAsTheContractHasThem(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	const empty = `{"revision":null,"refreshed_at":null,"commit":null,` +
		`"source":{"url":"","ref":"","deploy_dir":"","compose_files":[]},"stacks":[],"skipped":[],"hints":[]}` + "\n"
	is.Equal(s.do("GET", "/api/v1/stacks", "").body, empty)
	s.Ended(apitest.Outcome{Desired: actors.DesiredState{
		Revision: apitest.RevisionA, Stacks: apitest.Stacks("a"),
		Skipped: []actors.Skipped{{Path: "b/docker-compose.yml", Reason: "a directory"}},
	}})
	view, err := s.View(t.Context())
	is.NoErr(err)
	at := view.Snapshot.ChangedAt.UTC().Format(timeLayout)
	hash := hashing.Of([]byte("a"))
	is.Equal(s.do("GET", "/api/v1/stacks", "").body, `{"revision":"`+apitest.RevisionA+`","refreshed_at":"`+at+`",`+
		`"commit":null,"source":{"url":"","ref":"","deploy_dir":"","compose_files":[]},"stacks":[{"path":"a","compose_file":"docker-compose.yml","hash":"`+hash+`","tree":null,"status":"missing",`+
		`"status_changed_at":"`+at+`","applied_hash":null,"in_sync":false}],`+
		`"skipped":[{"path":"b/docker-compose.yml","reason":"a directory"}],"hints":[]}`+"\n")
	is.Equal(s.do("GET", "/api/v1/stacks", "").body, string(encode.Snapshot(view.Snapshot)))
}

func TestOneStackIsFoundByItsPath(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	paths := []string{
		" ", "%41", "%2F", "-dash", ".", "..dots", ".hidden", "A", "a", "a b/c+d", "a/b", "a/b/c", "a?b#c", "apps/web",
		"čéñ ☃ 😀", `quo"te`, `back\slash`, "<script>", "a;b=c&d",
	}
	s.Refreshed(apitest.RevisionA, slices.Sorted(slices.Values(paths))...)
	for _, path := range paths {
		whole := url.PathEscape(path) // slashes too
		segments := strings.ReplaceAll(whole, "%2F", "/")
		if path == "%2F" {
			segments = whole
		}
		for _, escaped := range []string{whole, segments} {
			r := s.do("GET", "/api/v1/stacks/"+escaped, "")
			is.Equal(r.status, http.StatusOK)
			is.Equal(decoded(t, r)["path"], path)
		}
	}
	is.Equal(decoded(t, s.do("GET", "/api/v1/stacks/", ""))["path"], ".")
	is.Equal(decoded(t, s.do("GET", "/api/v1/stacks/.", ""))["path"], ".")
	for _, none := range []string{
		"none", "a/", "a/b/", "/a", "a//b", "./a", "a/.", "a/..", "..", "%00", "%FF", "apps", "a%0Ab",
		"a%2F", strings.Repeat("x", 8000),
	} {
		s.refuses(s.do("GET", "/api/v1/stacks/"+none, ""), http.StatusNotFound, codeNotFound)
	}
}

func TestMissingRootStackIsNotFound(t *testing.T) {
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a")
	s.refuses(s.do("GET", "/api/v1/stacks/", ""), http.StatusNotFound, codeNotFound)
	s.refuses(s.do("GET", "/api/v1/stacks/.", ""), http.StatusNotFound, codeNotFound)
}

// pathsOf returns the paths of a list of stacks.
func pathsOf(t *testing.T, r reply) []string {
	t.Helper()
	is.New(t).Equal(r.status, http.StatusOK)
	paths := []string{}
	for _, stack := range decoded(t, r)["stacks"].([]any) {
		paths = append(paths, stack.(map[string]any)["path"].(string))
	}
	return paths
}

func TestFiltersKeepWhatTheySay(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "deleting", "missing", "old", "synced", "syncing")
	s.Reported(actors.Report{Path: "deleting", Status: actors.Syncing})
	s.Reported(actors.Report{Path: "old", Status: actors.Synced, Hash: hashing.Of(nil)})
	s.Reported(actors.Report{Path: "synced", Status: actors.Synced, Hash: hashing.Of([]byte("synced"))})
	s.Reported(actors.Report{Path: "syncing", Status: actors.Syncing, Target: "alpha"})
	s.Refreshed(apitest.RevisionB, "missing", "old", "synced", "syncing")
	tags := map[string]bool{}
	for query, paths := range map[string][]string{
		"":                              {"deleting", "missing", "old", "synced", "syncing"},
		"?unknown=x":                    {"deleting", "missing", "old", "synced", "syncing"},
		"?status=missing":               {"missing"},
		"?status=syncing":               {"syncing"},
		"?status=synced":                {"old", "synced"},
		"?status=deleting":              {"deleting"},
		"?in_sync=true":                 {"synced"},
		"?in_sync=false":                {"deleting", "missing", "old", "syncing"},
		"?status=synced&in_sync=false":  {"old"},
		"?status=missing&in_sync=true":  {},
		"?in_sync=false&status=missing": {"missing"},
		"?target=alpha":                 {"syncing"},
		"?target=alpha&status=missing":  {},
		"?target=nobody":                {},
	} {
		r := s.do("GET", "/api/v1/stacks"+query, "")
		is.Equal(pathsOf(t, r), paths) // query
		tags[r.header.Get("Etag")] = true
		again := s.do("GET", "/api/v1/stacks"+query, "", "If-None-Match: "+r.header.Get("Etag"))
		is.Equal(again.status, http.StatusNotModified)
	}
	is.Equal(len(tags), 9) // two of the queries keep all stacks, and two keep the same one
	for _, query := range []string{
		"status=", "status=Missing", "status=gone", "status=missing&status=missing", "in_sync=", "in_sync=1",
		"in_sync=True", "in_sync=true&in_sync=false", "status=missing,synced",
		"target=", "target=a&target=b", "target=a%0Ab", "target=" + strings.Repeat("a", 65),
	} {
		s.refuses(s.do("GET", "/api/v1/stacks?"+query, ""), http.StatusBadRequest, codeInvalidParameter)
	}
}

func TestEtagsFollowTheBody(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a")
	plain := s.do("GET", "/api/v1/stacks", "")
	tag := plain.header.Get("Etag")
	is.Equal(plain.header.Get("Vary"), "Accept-Encoding")
	gzipped := s.do("GET", "/api/v1/stacks", "", "Accept-Encoding: gzip")
	is.True(tag != gzipped.header.Get("Etag"))
	for header, status := range map[string]int{
		tag:                              http.StatusNotModified,
		"W/" + tag:                       http.StatusNotModified,
		`"x", W/"y,z" ,` + tag:           http.StatusNotModified,
		"*":                              http.StatusNotModified,
		`"x"`:                            http.StatusOK,
		strings.Trim(tag, `"`):           http.StatusOK,
		`"x", ` + strings.Trim(tag, `"`): http.StatusOK,
		gzipped.header.Get("Etag"):       http.StatusOK,
	} {
		r := s.do("GET", "/api/v1/stacks", "", "If-None-Match: "+header)
		is.Equal(r.status, status) // header
		is.Equal(r.header.Get("Etag"), tag)
		is.Equal(r.header.Get("Vary"), "Accept-Encoding")
		if status == http.StatusNotModified {
			is.Equal(r.body, "")
		}
	}
	r := s.do("GET", "/api/v1/stacks", "", `If-None-Match: "x"`, "If-None-Match: "+tag) // two lines are one list
	is.Equal(r.status, http.StatusNotModified)
	r = s.do("GET", "/api/v1/stacks", "", "Accept-Encoding: gzip", "If-None-Match: "+gzipped.header.Get("Etag"))
	is.Equal(r.status, http.StatusNotModified)
	s.Reported(actors.Report{Path: "a", Status: actors.Syncing})
	r = s.do("GET", "/api/v1/stacks", "", "If-None-Match: "+tag)
	is.Equal(r.status, http.StatusOK)
	is.True(r.header.Get("Etag") != tag)
}

func TestGzipIsSentToThoseWhoAcceptIt(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a", "b")
	plain := s.do("GET", "/api/v1/stacks", "")
	r := s.do("GET", "/api/v1/stacks", "", "Accept-Encoding: br, gzip;q=0.5")
	is.Equal(r.header.Get("Content-Encoding"), "gzip")
	reader, err := gzip.NewReader(bytes.NewReader([]byte(r.body)))
	is.NoErr(err)
	body, err := io.ReadAll(reader)
	is.NoErr(err)
	is.Equal(string(body), plain.body)
	r = s.do("GET", "/api/v1/stacks", "", "Accept-Encoding: gzip;q=0")
	is.Equal(r.header.Get("Content-Encoding"), "")
	is.Equal(r.body, plain.body)
}

func TestWaitWithoutIfNoneMatchAnswersAtOnce(t *testing.T) {
	s := serve(t, options{})
	started := time.Now()
	is.New(t).Equal(s.do("GET", "/api/v1/stacks?wait=60s", "").status, http.StatusOK)
	is.New(t).True(time.Since(started) < 30*time.Second)
}

func TestLongPollEndsUnchanged(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{adjust: func(s *Server) { s.http.WriteTimeout = time.Millisecond }})
	tag := newList(actors.Snapshot{}, filter{}).etag
	r := s.do("GET", "/api/v1/stacks?wait=50ms", "", "If-None-Match: "+tag) // the write deadline moves with the wait
	is.Equal(r.status, http.StatusNotModified)
	is.Equal(r.header.Get("Etag"), tag)
}

func TestLongPollPassesOverWhatItsFilterHides(t *testing.T) {
	is := is.New(t)
	viewed := make(chan struct{})
	s := serve(t, options{wrap: func(r Refresher) Refresher { return observed{r, viewed} }})
	s.Refreshed(apitest.RevisionA, "a")
	etags := make(chan string, 1)
	answers := make(chan reply, 1)
	const path = "/api/v1/stacks?status=syncing"
	// Both end with their answers; the test waits for them.
	go func() { etags <- s.do("GET", path, "").header.Get("Etag") }()
	waiting(t, viewed, 1)
	tag := <-etags
	go func() { answers <- s.do("GET", path+"&wait=1m", "", "If-None-Match: W/"+tag) }()
	waiting(t, viewed, 1)
	s.Reported(actors.Report{Path: "a", Status: actors.Syncing})
	waiting(t, viewed, 1)
	r := <-answers
	is.Equal(pathsOf(t, r), []string{"a"})
	is.True(r.header.Get("Etag") != tag)
}

func TestThousandLongPollsCostTheActorOneViewEach(t *testing.T) {
	is := is.New(t)
	const clients = 1000
	viewed := make(chan struct{})
	s := serve(t, options{wrap: func(r Refresher) Refresher { return observed{r, viewed} }})
	s.Refreshed(apitest.RevisionA, "a")
	view, err := s.View(t.Context())
	is.NoErr(err)
	tag := newList(view.Snapshot, filter{}).etag
	answers := make(chan reply)
	for range clients {
		// Ends with its answer, which follows the report below; the test receives all answers.
		go func() { answers <- s.do("GET", "/api/v1/stacks?wait=1m", "", "If-None-Match: "+tag) }()
	}
	waiting(t, viewed, clients)
	select {
	case <-viewed:
		t.Fatal("a client that waits asks the actor again")
	case <-time.After(50 * time.Millisecond):
	}
	s.Reported(actors.Report{Path: "a", Status: actors.Syncing})
	waiting(t, viewed, clients)
	var body string
	for range clients {
		r := <-answers
		is.Equal(r.status, http.StatusOK)
		is.True(body == "" || r.body == body)
		body = r.body
	}
}

func TestClientThatLeavesALongPollIsNoticed(t *testing.T) {
	is := is.New(t)
	viewed := make(chan struct{})
	s := serve(t, options{wrap: func(r Refresher) Refresher { return observed{r, viewed} }})
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.address+"/api/v1/stacks?wait=1m", nil)
	is.NoErr(err)
	request.Header.Set("If-None-Match", "*")
	left := make(chan error, 1)
	// Ends when leave is called below; the test waits for it.
	go func() {
		_, err := s.client.Do(request)
		left <- err
	}()
	waiting(t, viewed, 1)
	leave()
	is.True(<-left != nil)
	stopped := time.Now()
	s.stopActor()
	s.stopServer() // returns when no handler is left
	is.True(time.Since(stopped) < 30*time.Second)
}

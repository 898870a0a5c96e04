package api

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
)

func TestPageShowsStacksAndEscapesThem(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	r := s.do("GET", "/", "")
	is.Equal(r.status, http.StatusOK)
	is.Equal(r.header.Get("Content-Type"), "text/html; charset=utf-8")
	is.Equal(r.header.Get("Cache-Control"), "no-store")
	is.True(strings.Contains(r.body, ">Reading Git for the first time</h1>"))
	is.True(strings.Contains(r.body, ">Not heard from yet</dd>"))
	s.ended(outcome{desired: actors.DesiredState{
		Revision: revisionA, Stacks: stacks("<script>alert(1)</script>", "apps/web"),
		Skipped: []actors.Skipped{{Path: "x", Reason: "a <b>y</b>"}},
	}})
	s.failed("<b>no</b> route to host")
	r = s.do("GET", "/", "")
	is.True(strings.Contains(r.body, "<title>Git cannot be reached · mooring</title>"))
	is.True(strings.Contains(r.body, ">2 of 2 stacks not in sync</h1>"))
	is.True(strings.Contains(r.body, `title="`+revisionA+`"`))
	is.True(strings.Contains(r.body, ">apps/web<"))
	is.True(strings.Contains(r.body, ">&lt;script&gt;alert(1)&lt;/script&gt;<"))
	is.True(strings.Contains(r.body, ">a &lt;b&gt;y&lt;/b&gt;<"))
	is.True(strings.Contains(r.body, "&lt;b&gt;no&lt;/b&gt; route to host"))
	is.True(!strings.Contains(r.body, "<script>alert") && !strings.Contains(r.body, "<b>no"))
	s.stopActor()
	s.refuses(s.do("GET", "/", ""), http.StatusServiceUnavailable, codeShuttingDown)
}

// between returns what stands between two marks, which a body must have.
func between(t *testing.T, body, open, end string) string {
	t.Helper()
	_, rest, opened := strings.Cut(body, open)
	inner, _, ended := strings.Cut(rest, end)
	is.New(t).True(opened && ended)
	return inner
}

func TestPolicyAllowsThePagesOwnStyleAndScriptAlone(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	r := s.do("GET", "/", "")
	policy := r.header.Get("Content-Security-Policy")
	for source, tag := range map[string]string{"style-src": "style", "script-src": "script"} {
		content := between(t, r.body, "<"+tag+">", "</"+tag+">")
		sum := sha256.Sum256([]byte(content))
		is.True(strings.Contains(policy, source+" 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; "))
	}
	is.True(strings.HasPrefix(policy, "default-src 'none'; "))
	is.True(!strings.Contains(policy, "unsafe"))
	is.Equal(r.header.Get("Referrer-Policy"), "same-origin")
	for _, none := range []string{"style=", " on", "http:", "https:", "<link rel=\"stylesheet", " src="} {
		markup := strings.Replace(r.body, between(t, r.body, "<script>", "</script>"), "", 1)
		markup = strings.Replace(markup, between(t, r.body, "<style>", "</style>"), "", 1)
		for _, tag := range strings.Split(markup, "<")[1:] {
			tag, _, _ = strings.Cut(tag, ">")
			if strings.Contains(tag, none) {
				t.Errorf("the page has <%s>", tag)
			}
		}
	}
}

func TestPageListsSomeOfVeryManyStacks(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	var paths []string
	for i := range 2500 {
		paths = append(paths, fmt.Sprintf("stack-%04d", i))
	}
	s.refreshed(revisionA, paths...)
	hash := stacks("stack-1234")[0].Hash
	_, err := s.Report(t.Context(), actors.Report{
		Path: "stack-0000", Status: actors.Synced, Hash: stacks("stack-0000")[0].Hash,
	})
	is.NoErr(err)
	rows := func(query string) (int, string) {
		body := s.do("GET", "/"+query, "").body
		return strings.Count(between(t, body, `id="stacks"`, "<template"), `<li class="row"`), body
	}
	count, body := rows("")
	is.Equal(count, pageRows)
	is.True(strings.Contains(body, ">2,499 of 2,500 stacks not in sync</h1>"))
	is.True(!strings.Contains(body, `data-is="path">stack-0000<`)) // what is in sync comes last
	is.True(strings.Contains(body, `<a class="button" href="?rows=1200">`))
	count, body = rows("?rows=1200&q=STACK-")
	is.Equal(count, 1200)
	is.True(strings.Contains(body, `href="?q=STACK-&amp;rows=2000"`))
	is.True(strings.Contains(body, `value="STACK-"`))
	count, body = rows("?q=Stack-1234")
	is.Equal(count, 1)
	is.True(strings.Contains(body, hash))
	for query, want := range map[string]int{
		"?show=synced": 1, "?show=behind&rows=9999999": pageMostRows, "?show=behind&q=0000": 0, "?show=deleting": 0,
		"?show=nonsense": pageRows, "?rows=-5&show=missing": pageRows, "?show=skipped": 0, "?show=%zz": pageRows,
	} {
		count, _ = rows(query)
		is.Equal(count, want) // for this query
	}
}

func TestPageIsCompressedWhereThatIsAccepted(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.refreshed(revisionA, "apps/web")
	plain := s.do("GET", "/", "")
	is.Equal(plain.header.Get("Content-Encoding"), "")
	is.Equal(plain.header.Get("Vary"), "Accept-Encoding")
	packed := s.do("GET", "/", "", "Accept-Encoding: gzip")
	is.Equal(packed.header.Get("Content-Encoding"), "gzip")
	is.True(len(packed.body) < len(plain.body)/2)
	reader, err := gzip.NewReader(strings.NewReader(packed.body))
	is.NoErr(err)
	content, err := io.ReadAll(reader)
	is.NoErr(err)
	is.True(strings.Contains(string(content), ">apps/web<"))
}

func TestPageJoinsPollsThatSayTheSame(t *testing.T) {
	is := is.New(t)
	refresh := func(source actors.TriggerSource, failure *actors.Failure, added ...string) actors.Refresh {
		r := actors.Refresh{Phase: actors.Completed, Trigger: actors.Trigger{Source: source}, Revision: revisionA}
		r.Changes.Added = added
		if failure != nil {
			r.Phase, r.Failure, r.Revision = actors.Failed, failure, ""
		}
		return r
	}
	away := &actors.Failure{Code: actors.CodeUnreachable, Message: "no route"}
	rows := collapse([]actors.Refresh{
		refresh(actors.Poll, nil), refresh(actors.Poll, nil), refresh(actors.Poll, nil, "a"), refresh(actors.Poll, nil),
		refresh(actors.Poll, away), refresh(actors.Poll, away),
		refresh(actors.Poll, &actors.Failure{Code: actors.CodeUnreachable, Message: "refused"}),
		refresh(actors.Manual, nil), refresh(actors.Manual, nil), refresh(actors.Poll, nil),
	})
	var times []int
	var outcomes []string
	for _, row := range rows {
		times, outcomes = append(times, row.Times), append(outcomes, row.Outcome())
	}
	is.Equal(times, []int{2, 1, 1, 2, 1, 1, 1, 1})
	is.Equal(outcomes, []string{
		"nothing new", "1 added", "nothing new", "Git cannot be reached", "Git cannot be reached", "nothing new",
		"nothing new", "nothing new",
	})
}

func TestPageSaysInOneSentenceWhereThingsStand(t *testing.T) {
	is := is.New(t)
	for _, c := range []struct {
		tally         tally
		known, failed bool
		sentence      string
	}{
		{tally{}, false, false, "Reading Git for the first time"},
		{tally{}, false, true, "Nothing has been read from Git yet"},
		{tally{}, true, true, "Git has no stacks"},
		{tally{total: 1, inSync: 1}, true, false, "The stack is in sync"},
		{tally{total: 1200, inSync: 1200}, true, false, "All 1,200 stacks are in sync"},
		{tally{total: 1200, inSync: 100}, true, false, "1,100 of 1,200 stacks not in sync"},
		{tally{total: 3, inSync: 1, deleting: 1}, true, false, "2 of 3 stacks not in sync, 1 must go"},
	} {
		sentence, _ := c.tally.verdict(c.known, c.failed)
		is.Equal(sentence, c.sentence)
	}
}

func TestPageTellsDurationsInUnitsThatFit(t *testing.T) {
	is := is.New(t)
	for duration, want := range map[time.Duration]string{
		0: "under 1 ms", 35 * time.Millisecond: "35 ms", 1990 * time.Millisecond: "1.9 s", 2 * time.Minute: "120.0 s",
	} {
		is.Equal(pageRefresh{Refresh: actors.Refresh{Phase: actors.Completed, Duration: duration}}.Took(), want)
	}
	is.Equal(pageRefresh{Refresh: actors.Refresh{Phase: actors.Queued}}.Took(), "")
}

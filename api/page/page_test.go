package page

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"go.uber.org/goleak"

	"mooring/actors"
	"mooring/api/apitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shown is a page with a real refresh actor.
type shown struct {
	apitest.Actor
	t    testing.TB
	page *Page
}

func start(t testing.TB) shown {
	t.Helper()
	return shown{apitest.Start(t, slog.New(slog.DiscardHandler)), t, New()}
}

// render renders the page for the query of a URL. Parts of the query may be malformed.
func (s shown) render(query string) string {
	s.t.Helper()
	values, _ := url.ParseQuery(query)
	content, err := s.page.Render(s.Viewed(), values, time.Now())
	is.New(s.t).NoErr(err)
	return string(content)
}

func TestPageShowsStacksAndEscapesThem(t *testing.T) {
	is := is.New(t)
	s := start(t)
	body := s.render("")
	is.True(strings.Contains(body, ">Reading Git for the first time</h1>"))
	is.True(strings.Contains(body, ">No answer yet</dd>"))
	s.Ended(apitest.Outcome{Desired: actors.DesiredState{
		Revision: apitest.RevisionA, Stacks: apitest.Stacks("<script>alert(1)</script>", "apps/web"),
		Skipped: []actors.Skipped{{Path: "x", Reason: "a <b>y</b>"}},
	}})
	s.Failed("<b>no</b> route to host")
	body = s.render("")
	is.True(strings.Contains(body, "<title>Git cannot be reached · mooring</title>"))
	is.True(strings.Contains(body, ">2 of 2 stacks not in sync</h1>"))
	is.True(strings.Contains(body, `title="`+apitest.RevisionA+`"`))
	is.True(strings.Contains(body, ">apps/web<"))
	is.True(strings.Contains(body, ">&lt;script&gt;alert(1)&lt;/script&gt;<"))
	is.True(strings.Contains(body, ">a &lt;b&gt;y&lt;/b&gt;<"))
	is.True(strings.Contains(body, "&lt;b&gt;no&lt;/b&gt; route to host"))
	is.True(!strings.Contains(body, "<script>alert") && !strings.Contains(body, "<b>no"))
}

// between returns the text between two marks. The test fails if the body does not have them.
func between(t *testing.T, body, open, end string) string {
	t.Helper()
	_, rest, opened := strings.Cut(body, open)
	inner, _, ended := strings.Cut(rest, end)
	is.New(t).True(opened && ended)
	return inner
}

func TestPolicyAllowsThePagesOwnStyleAndScriptAlone(t *testing.T) {
	is := is.New(t)
	s := start(t)
	body := s.render("")
	policy := s.page.Policy()
	for source, tag := range map[string]string{"style-src": "style", "script-src": "script"} {
		content := between(t, body, "<"+tag+">", "</"+tag+">")
		sum := sha256.Sum256([]byte(content))
		is.True(strings.Contains(policy, source+" 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; "))
	}
	is.True(strings.HasPrefix(policy, "default-src 'none'; "))
	is.True(!strings.Contains(policy, "unsafe"))
	for _, none := range []string{"style=", " on", "http:", "https:", "<link rel=\"stylesheet", " src="} {
		markup := strings.Replace(body, between(t, body, "<script>", "</script>"), "", 1)
		markup = strings.Replace(markup, between(t, body, "<style>", "</style>"), "", 1)
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
	s := start(t)
	var paths []string
	for i := range 2500 {
		paths = append(paths, fmt.Sprintf("stack-%04d", i))
	}
	s.Refreshed(apitest.RevisionA, paths...)
	hash := apitest.Stacks("stack-1234")[0].Hash
	s.Reported(actors.Report{Path: "stack-0000", Status: actors.Synced, Hash: apitest.Stacks("stack-0000")[0].Hash})
	rows := func(query string) (int, string) {
		body := s.render(strings.TrimPrefix(query, "?"))
		return strings.Count(between(t, body, `id="stacks"`, "<template"), `<li class="row"`), body
	}
	count, body := rows("")
	is.Equal(count, firstRows)
	is.True(strings.Contains(body, ">2,499 of 2,500 stacks not in sync</h1>"))
	is.True(!strings.Contains(body, `data-is="path">stack-0000<`)) // stacks in sync come last
	is.True(strings.Contains(body, `<a class="button" href="?rows=1200">`))
	count, body = rows("?rows=1200&q=STACK-")
	is.Equal(count, 1200)
	is.True(strings.Contains(body, `href="?q=STACK-&amp;rows=2000"`))
	is.True(strings.Contains(body, `value="STACK-"`))
	count, body = rows("?q=Stack-1234")
	is.Equal(count, 1)
	is.True(strings.Contains(body, hash))
	for query, want := range map[string]int{
		"?show=synced": 1, "?show=behind&rows=9999999": mostRows, "?show=behind&q=0000": 0, "?show=deleting": 0,
		"?show=nonsense": firstRows, "?rows=-5&show=missing": firstRows, "?show=skipped": 0, "?show=%zz": firstRows,
	} {
		count, _ = rows(query)
		is.Equal(count, want) // for this query
	}
}

func TestPageJoinsPollsThatSayTheSame(t *testing.T) {
	is := is.New(t)
	refresh := func(source actors.TriggerSource, failure *actors.Failure, added ...string) actors.Refresh {
		r := actors.Refresh{Phase: actors.Completed, Trigger: actors.Trigger{Source: source}, Revision: apitest.RevisionA}
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
		{tally{total: 3, inSync: 1, deleting: 1, failed: 1}, true, false, "2 of 3 stacks not in sync, 1 failed, 1 must go"},
		{tally{total: 2, inSync: 2, held: 2}, true, false, "All 2 stacks are in sync, 2 held"},
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
		is.Equal(refreshRow{Refresh: actors.Refresh{Phase: actors.Completed, Duration: duration}}.Took(), want)
	}
	is.Equal(refreshRow{Refresh: actors.Refresh{Phase: actors.Queued}}.Took(), "")
}

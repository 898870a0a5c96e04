package integration_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/matryer/is"
)

// on opens the page of a service and waits until it follows the state.
func (c chromium) on(t *testing.T, s *service) browser {
	t.Helper()
	b := c.browse(t)
	b.open("http://" + s.address + "/")
	b.untilText("link", "Live")
	return b
}

// shownPaths returns the paths of the stacks on the page, in its order.
func (b browser) shownPaths() []string {
	b.t.Helper()
	return look[[]string](b, `[...document.querySelectorAll('#stacks li.row')].filter((row) => row.checkVisibility())
		.map((row) => row.querySelector('.path').textContent)`)
}

func pageFiltersSearchesAndOpensAStack(t *testing.T, c chromium) {
	is := is.New(t)
	repo, _, first, s := refreshed(t, files{
		"web/docker-compose.yml": "services: {web: {}}", "db/main/docker-compose.yml": "services: {db: {}}",
		"db/other/docker-compose.yml": "services: {other: {}}",
	})
	applied := repo.hash(first, "db/main/docker-compose.yml")
	s.report("db/main", fmt.Sprintf(`{"status":"synced","hash":%q}`, applied))
	s.report("web", `{"status":"syncing"}`)
	b := c.on(t, s)
	b.untilText("verdict", "2 of 3 stacks not in sync")
	is.Equal(b.shownPaths(), []string{"db/other", "web", "db/main"}) // what needs attention comes first
	is.Equal(look[string](b, "document.title"), "2 of 3 stacks not in sync · mooring")
	is.Equal(look[string](b, "document.querySelector('#revision code').title"), first)

	b.do(chromedp.SendKeys(chromedp.CSS("#search"), "DB/"))
	b.untilText("found", "2 found")
	is.Equal(b.shownPaths(), []string{"db/other", "db/main"})
	b.do(chromedp.Click(chromedp.CSS("label[data-show=synced]")))
	b.untilText("found", "1 found")
	is.Equal(b.shownPaths(), []string{"db/main"})
	b.until("location.search === '?show=synced&q=DB%2F'")
	b.do(chromedp.KeyEvent(kb.ArrowLeft)) // the filters are radio buttons: the arrows move on
	b.untilText("none", "No stack matches.")
	b.untilText("found", "0 found") // this is what a screen reader says
	is.Equal(len(b.shownPaths()), 0)
	b.do(chromedp.Click(chromedp.CSS("label[data-show=all]")))
	b.untilHidden("none")
	b.until("location.search === '?q=DB%2F'")

	b.do(chromedp.Focus(chromedp.CSS("#group-synced summary")), chromedp.KeyEvent(kb.Enter))
	b.until("document.querySelector('#group-synced details').open")
	is.True(strings.Contains(look[string](b, "document.getElementById('group-synced').innerText"), applied))
	b.do(chromedp.Reload())
	b.until("document.getElementById('search').value === 'DB/'") // the page's address has the search
	is.Equal(b.shownPaths(), []string{"db/other", "db/main"})
	b.checkProblems()
}

func pageRefreshesAndTellsTheResult(t *testing.T, c chromium) {
	is := is.New(t)
	repo, host, _, s := refreshed(t, twoStacks())
	b := c.on(t, s)
	repo.push(files{"new/docker-compose.yml": "services: {}"})
	host.Hang()
	b.do(chromedp.Click(chromedp.CSS("#ask-button")))
	b.untilText("activity", "Refreshing")
	b.untilText("outcome", "Asking Git …")
	is.Equal(look[string](b, "document.getElementById('ask-button').getAttribute('aria-disabled')"), "true")
	b.do(chromedp.Click(chromedp.CSS("#ask-button"))) // one at a time
	s.trigger()
	b.untilText("queued", "then one more: manual")
	host.Release()
	b.untilText("activity", "Idle")
	b.untilText("outcome", ": 1 added.") // the other refresh has ended too, and there was no time to read
	b.untilHidden("queued")
	b.until("!document.getElementById('ask-button').hasAttribute('aria-disabled')")
	b.untilText("refreshes", "1 added")
	is.Equal(b.shownPaths(), []string{"db/main", "new", "web"})
	is.Equal(s.count("refresh started", "source=manual"), 2) // the first click, and the trigger
	b.checkProblems()
}

func pageFollowsPushesAndReportsWithoutReloading(t *testing.T, c chromium) {
	is := is.New(t)
	repo, _, first, s := refreshed(t, twoStacks())
	b := c.on(t, s)
	b.do(chromedp.Focus(chromedp.CSS("#group-behind li:nth-child(2) summary")), chromedp.KeyEvent(kb.Enter))
	look[bool](b, "window.loadedOnce = true")
	next := repo.push(files{"a/docker-compose.yml": "services: {}"})
	s.refresh()
	b.until("document.querySelector('#revision code').title === '" + next + "'")
	b.until("document.querySelectorAll('#group-behind li').length === 3")
	is.Equal(b.shownPaths(), []string{"a", "db/main", "web"})
	s.report("web", fmt.Sprintf(`{"status":"synced","hash":%q}`, repo.hash(first, "web/docker-compose.yml")))
	b.untilText("verdict", "2 of 3 stacks not in sync")
	is.Equal(b.shownPaths(), []string{"a", "db/main", "web"})
	// The row has moved to another list, and is still open and in focus.
	b.until("document.activeElement.closest('#group-synced li') && document.activeElement.parentElement.open")
	repo.push(files{"web/docker-compose.yml": ""})
	s.refresh()
	b.untilText("verdict", "3 of 3 stacks not in sync, 1 must go")
	is.Equal(b.shownPaths(), []string{"web", "a", "db/main"})
	b.untilText("group-gone", "waits to be taken down")
	is.True(look[bool](b, "window.loadedOnce"))
	b.checkProblems()
}

func pageShowsAFailureAndItsEnd(t *testing.T, c chromium) {
	is := is.New(t)
	_, host, first, s := refreshed(t, twoStacks())
	b := c.on(t, s)
	b.untilText("git", "Reachable")
	is.Equal(look[bool](b, "document.getElementById('failure').checkVisibility()"), false)
	host.Refuse(http.StatusBadGateway)
	b.do(chromedp.Click(chromedp.CSS("#ask-button")))
	b.untilText("outcome", "The refresh failed: ")
	b.untilShown("failure")
	b.untilText("failure-title", "Git cannot be reached")
	b.untilText("failure-message", "502")
	b.untilText("failure-code", "git_unreachable")
	b.untilText("next-label", "next attempt")
	b.until("document.title === 'Git cannot be reached · mooring'")
	is.Equal(look[string](b, "document.querySelector('#revision code').title"), first)
	is.Equal(b.shownPaths(), []string{"db/main", "web"})
	host.Refuse(0)
	b.untilHidden("failure") // the service asks again by itself
	b.untilText("git", "Reachable")
	b.untilText("refreshes", "poll")
	b.checkProblems("502 (Bad Gateway)") // the answer to a refresh that failed
}

// hostile are paths that are dangerous if the browser takes them for markup or script.
func hostile() files {
	return files{
		`<img src=x onerror="alert(1)">/docker-compose.yml`:               "services: {}",
		`<script>window.owned=1<` + `/docker-compose.yml`:                 "services: {}",
		`"><svg onload=window.owned=1>/docker-compose.yml`:                "services: {}",
		"&lt;b&gt; {{.}} ${7*7} `x` 'y'/docker-compose.yml":               "services: {}",
		"\u202egnp.exe \u00a0 <!-- ]]> --!>/docker-compose.yml":           "services: {}",
		"very" + strings.Repeat("-long", 40) + "/docker-compose.yml":      "services: {}",
		"in/a/deep/" + strings.Repeat("nest/", 30) + "docker-compose.yml": "services: {}",
		"javascript:window.owned=1//x/docker-compose.yml":                 "services: {}",
	}
}

func pageShowsHostilePathsAsText(t *testing.T, c chromium) {
	is := is.New(t)
	repo, _, _, s := refreshed(t, twoStacks())
	b := c.on(t, s)
	repo.push(hostile())
	s.refresh()
	b.until("document.querySelectorAll('#group-behind li').length === 10")
	is.Equal(b.shownPaths(), s.snapshot().paths()) // as the script writes them
	b.until("document.querySelector('#refreshes li li')")
	b.do(chromedp.EmulateViewport(320, 640))
	is.Equal(look[int](b, "document.documentElement.scrollWidth"), 320) // nothing sticks out on a phone
	b.do(chromedp.Reload())
	is.Equal(b.shownPaths(), s.snapshot().paths()) // as the server does
	b.open("http://" + s.address + "/?q=%3Cscript%3Ewindow.owned=1%3C%2Fscript%3E%22%3E")
	b.untilText("none", "No stack matches.")
	is.Equal(look[string](b, "document.getElementById('search').value"), `<script>window.owned=1</script>">`)
	is.True(look[bool](b, "window.owned === undefined && !document.querySelector('main img, main script, .path svg')"))
	b.checkProblems()
}

// A poll with the same result as the one before joins its row. The row stays open if a person has opened it.
func pageKeepsARefreshOpenWhileOthersFollow(t *testing.T, c chromium) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare, "POLL_INTERVAL=200ms")
	b := c.on(t, s)
	const polls = "[...document.querySelectorAll('.refresh')].find((row) => row.querySelector('.times').textContent)"
	const times = "Number(" + polls + ".querySelector('.times').textContent.slice(1))"
	b.until(times + " > 1")
	look[bool](b, "Boolean(window.opened = "+polls+")")
	look[bool](b, "opened.querySelector('summary').focus() === undefined")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("opened.querySelector('details').open")
	before := look[int](b, times)
	b.until(fmt.Sprintf("%s > %d", times, before+2))
	is.True(look[bool](b, polls+" === opened && opened.querySelector('details').open"))
	is.True(look[bool](b, "opened.contains(document.activeElement)"))
	b.checkProblems()
}

package integration_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/matryer/is"
)

// emptied removes three of the four stacks of a service that were all applied, so that their removal is held.
func emptied(t *testing.T, variables ...string) (repository, *service) {
	t.Helper()
	repo, _, _, s := refreshed(t, fourStacks(), variables...)
	for _, path := range s.snapshot().paths() {
		body := fmt.Sprintf(`{"status":"synced","hash":%q}`, s.stack(path).Hash)
		is.New(t).Equal(s.do("PUT", "/api/v1/stacks/"+path, body, "Authorization: Bearer t0ken").status, 200)
	}
	repo.push(files{"a/docker-compose.yml": "", "b/docker-compose.yml": "", "c/docker-compose.yml": ""})
	s.refresh()
	return repo, s
}

// The notice says what is held, and releases it in two steps, with the token of deployers where one is needed.
func pageReleasesHeldRemovalsInTwoSteps(t *testing.T, c chromium) {
	is := is.New(t)
	repo, s := emptied(t, "DEPLOYER_TOKEN=t0ken")
	b := c.on(t, s)
	b.untilText("verdict", "All 4 stacks are in sync, 3 held")
	b.untilText("held-title", "3 removals are held")
	b.untilText("held-reasons", "3 of the 4 stacks that may run would go at once")
	is.Equal(look[string](b, "document.getElementById('held-paths').innerText.replaceAll('\\n', ' ')"), "a b c")
	is.Equal(b.shownPaths(), []string{"a", "b", "c", "d"}) // what is held comes first

	b.do(chromedp.Click(chromedp.CSS("#release-ask")))
	b.untilText("release-what", "Deployers will take these 3 stacks down.")
	b.until("document.activeElement.id === 'release-no'")
	b.do(chromedp.KeyEvent(kb.Enter)) // Enter does not release
	b.untilHidden("release")
	b.until("document.activeElement.id === 'release-ask'")
	is.Equal(s.snapshot().held(), []string{"a", "b", "c"})

	b.do(chromedp.Click(chromedp.CSS("#release-ask")))
	b.untilShown("release")
	repo.push(files{"c/docker-compose.yml": fourStacks()["c/docker-compose.yml"]})
	s.refresh()
	b.untilText("held-title", "2 removals are held")
	b.untilHidden("release") // what the person has read is no longer what is held
	b.do(chromedp.Click(chromedp.CSS("#release-ask")), chromedp.Click(chromedp.CSS("#release-go")))
	b.untilText("release-answer", "Nothing is released: this needs the header Authorization")
	b.until("document.activeElement.id === 'token'")
	b.checkAccess("with the field for the token")
	b.do(chromedp.SendKeys(chromedp.CSS("#token"), "wrong"), chromedp.Click(chromedp.CSS("#release-go")))
	b.untilText("release-answer", "Nothing is released: the token is not the DEPLOYER_TOKEN")
	b.do(chromedp.SendKeys(chromedp.CSS("#token"), "t0ken"), chromedp.Click(chromedp.CSS("#release-go")))
	b.untilText("outcome", "2 removals are released.")
	b.untilHidden("held")
	b.until("document.querySelectorAll('#group-gone li').length === 2")
	is.Equal(look[int](b, "localStorage.length + sessionStorage.length + document.cookie.length"), 0)
	is.Equal(look[string](b, "document.getElementById('token').value"), "")
	b.checkProblems("401 (Unauthorized)")
}

// A thousand held stacks are a short notice. One small request releases them, however long their paths are: the body of a
// request is bounded.
func pageReleasesAThousandHeldRemovals(t *testing.T, c chromium) {
	is := is.New(t)
	content, count := files{}, 1000
	deep := strings.Repeat("d", 100) + "/" // together more than the body of a request may have
	for i := range count {
		content[fmt.Sprintf("%ss%04d/docker-compose.yml", deep, i)] = fmt.Sprint(i)
	}
	file := filepath.Join(t.TempDir(), "stacks.json")
	repo, host, _, s := refreshed(t, content, "SNAPSHOT_FILE="+file)
	awaitFile(t, file, func(seen snapshot) bool { return len(seen.Stacks) == count })
	s.finish()
	rewrite(t, file, func(_ map[string]any, stacks []map[string]any) {
		for _, stack := range stacks {
			stack["status"] = "syncing"
		}
	})
	git(t, repo.work, "rm", "-r", "-q", ".")
	repo.push(files{"left/docker-compose.yml": "services: {}\n"})
	s = start(t, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file)
	s.logged("removals are held", fmt.Sprintf("held=%d", count))
	is.True(len(s.get("/").body) < 4<<20) // 50 of the paths, and 200 rows
	b := c.on(t, s)
	b.untilText("held-title", "1,000 removals are held")
	b.until("document.querySelectorAll('#held-paths li').length === 51")
	b.untilText("held-paths", "and 950 more")
	is.Equal(look[bool](b, "document.documentElement.scrollWidth > document.documentElement.clientWidth"), false)
	b.do(chromedp.Click(chromedp.CSS("#release-ask")))
	b.untilText("release-what", "Deployers will take these 1,000 stacks down.")
	look[bool](b, `(() => {
		const send = window.fetch;
		window.sent = 0;
		window.fetch = (address, options) => { window.sent += (options.body || '').length; return send(address, options); };
		return true;
	})()`)
	b.do(chromedp.Click(chromedp.CSS("#release-go")))
	b.untilText("outcome", "1,000 removals are released.")
	b.untilHidden("held")
	is.Equal(len(s.snapshot().held()), 0)
	is.Equal(look[int](b, "window.sent"), len(`{"revision":""}`)+40)
	b.checkProblems()
}

// A newcomer's repository says what to set, until there is nothing to say.
func pageShowsHintsUntilTheyAreHeeded(t *testing.T, c chromium) {
	repo, _, _, s := refreshed(t, files{"web/compose.yaml": "services: {}", "db/docker-compose.yml": "services: {}"})
	b := c.on(t, s)
	b.untilText("hints", `The directory "web" has a file named compose.yaml or compose.yml that is not served`)
	b.checkAccess("with a hint")
	repo.push(files{"web/compose.yaml": ""})
	s.refresh()
	b.untilHidden("hints")
	b.checkProblems()
}

// The sentence of a failed stack needs no click, and the failed group is the first one.
func pageShowsWhyAStackFailed(t *testing.T, c chromium) {
	is := is.New(t)
	_, _, _, s := refreshed(t, fourStacks())
	b := c.on(t, s)
	s.report("c", `{"status":"syncing"}`)
	s.report("c", `{"status":"missing","message":"pull access denied for <b>example</b>","target":"alpha"}`)
	b.untilText("group-failed", "pull access denied for <b>example</b>")
	b.until("document.querySelector('#group-failed .why').checkVisibility()")
	b.until("document.querySelector('#group-failed .since time').getAttribute('datetime') !== ''")
	b.untilText("verdict", "4 of 4 stacks not in sync, 1 failed")
	is.Equal(b.shownPaths(), []string{"c", "a", "b", "d"})
	fresh := c.on(t, s)
	is.Equal(fresh.shownPaths(), []string{"c", "a", "b", "d"})
	fresh.untilText("group-failed", "pull access denied for <b>example</b>")
	s.applied("c")
	b.untilHidden("group-failed")
	b.checkProblems()
	fresh.checkProblems()
}

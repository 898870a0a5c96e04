package integration_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/matryer/is"
)

// wordsOfPage is a function in JavaScript. It returns the text of a page's main part, line by line, with times in RFC
// 3339 and without the parts that only a script needs.
const wordsOfPage = `() => {
	const main = document.querySelector('main').cloneNode(true);
	for (const other of main.querySelectorAll('[hidden], noscript, #outcome, #copy')) other.remove();
	for (const time of main.querySelectorAll('time')) time.textContent = time.getAttribute('datetime');
	const lines = [document.title];
	const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const line = walk.currentNode.textContent.trim().replace(/\s+/g, ' ');
		if (line) lines.push(line);
	}
	return lines;
}`

// A page whose script has followed the changes has the same text as a page that is loaded now.
func pageThatFollowedSaysWhatAFreshOneSays(t *testing.T, c chromium) {
	repo, host, first, s := refreshed(t, twoStacks(), "POLL_INTERVAL=1m")
	following, fresh := c.on(t, s), c.browse(t)
	fresh.scripts(false)
	check := func(moment string) {
		t.Helper()
		again := time.NewTicker(100 * time.Millisecond)
		defer again.Stop()
		for limit := time.After(patience); ; {
			fresh.open("http://" + s.address + "/")
			want := look[[]string](fresh, "("+wordsOfPage+")()")
			got := look[[]string](following, "("+wordsOfPage+")()")
			if slices.Equal(got, want) {
				return
			}
			select {
			case <-again.C:
			case <-limit:
				t.Fatalf("at %s the page that followed says\n%q\nand a fresh one\n%q", moment, got, want)
			}
		}
	}
	check("the start")
	s.report("web", fmt.Sprintf(`{"status":"synced","hash":%q}`, repo.hash(first, "web/docker-compose.yml")))
	s.report("db/main", `{"status":"syncing"}`)
	check("reports")
	changes := files{"web/docker-compose.yml": "services: {web: {image: other}}", "x/docker-compose.yml/y": "a directory"}
	for i := range 60 {
		changes[fmt.Sprintf("more/stack-%02d/docker-compose.yml", i)] = fmt.Sprint(i)
	}
	repo.push(changes)
	s.refresh()
	check("a push")
	repo.push(files{"web/docker-compose.yml": ""})
	s.refresh()
	s.refresh()
	check("a removal and a refresh without changes")
	host.Refuse(http.StatusUnauthorized)
	s.refresh()
	host.Hang()
	host.reached()
	queued := s.trigger()
	check("a failure, with the next attempt under way and one more queued")
	host.Refuse(0)
	host.Release()
	s.logged("refresh completed", "id="+queued.ID)
	check("its end")
	following.checkProblems("502 (Bad Gateway)")
	fresh.checkProblems()
}

// Without scripts a person can still read, search and refresh, even if the page's origin is not secure.
func pageWorksWithoutScripts(t *testing.T, c chromium) {
	is := is.New(t)
	repo, _, _, s := refreshed(t, twoStacks())
	b := c.browse(t)
	b.scripts(false)
	_, port, _ := strings.Cut(s.address, ":")
	b.open("http://" + otherName + ":" + port + "/")
	is.Equal(b.shownPaths(), []string{"db/main", "web"})
	b.do(
		chromedp.SendKeys(chromedp.CSS("#search"), "WEB"),
		chromedp.Click(chromedp.CSS("label[data-show=missing]")), chromedp.Click(chromedp.CSS("#filter button")),
	)
	b.until("location.search === '?q=WEB&show=missing' && document.readyState === 'complete'")
	is.Equal(b.shownPaths(), []string{"web"})
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	b.do(chromedp.Click(chromedp.CSS("#ask-button")))
	b.until("location.pathname === '/api/v1/refresh' && document.readyState === 'complete'")
	is.True(strings.Contains(look[string](b, "document.body.innerText"), next))
	b.checkProblems("/favicon.ico") // browsers ask for it after an answer in JSON
}

func pageOfAThousandStacksIsSmall(t *testing.T, c chromium) {
	is := is.New(t)
	content := files{}
	for i := range 1000 {
		content[fmt.Sprintf("area-%d/stack-%03d/docker-compose.yml", i%10, i)] = fmt.Sprint(i)
	}
	_, _, _, s := refreshed(t, content)
	answer := s.get("/", "Accept-Encoding: gzip")
	plain := s.get("/")
	is.True(len(answer.body) < 64<<10)
	is.True(len(plain.body) < 512<<10)
	b := c.on(t, s)
	b.untilText("verdict", "1,000 of 1,000 stacks not in sync")
	is.Equal(len(b.shownPaths()), 200)
	b.untilText("more", "200 of 1,000 shown")
	b.do(chromedp.Click(chromedp.CSS("#more a")))
	b.until("document.querySelectorAll('#group-behind li').length === 1000")
	b.untilHidden("more")
	b.do(chromedp.SendKeys(chromedp.CSS("#search"), "9/stack-99"))
	b.untilText("found", "1 found")
	is.Equal(b.shownPaths(), []string{"area-9/stack-999"})
	type timing struct {
		Paint, Filter float64
		Requests      int
	}
	took := look[timing](b, `new Promise((done) => {
		const search = document.getElementById('search');
		const type = (text) => { search.value = text; search.dispatchEvent(new Event('input', { bubbles: true })); };
		type('');
		requestAnimationFrame(() => requestAnimationFrame(() => {
			const began = performance.now();
			type('stack-5');
			requestAnimationFrame(() => requestAnimationFrame(() => done({
				Paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
				Filter: performance.now() - began,
				Requests: 1 + performance.getEntriesByType('resource').length,
			})));
		}));
	})`)
	t.Logf("page %d bytes, %d by gzip; first paint after %.0f ms; a keystroke among 1,000 rows takes %.0f ms; %d requests",
		len(plain.body), len(answer.body), took.Paint, took.Filter, took.Requests)
	b.checkProblems()
}

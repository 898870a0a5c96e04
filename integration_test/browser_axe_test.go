package integration_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/matryer/is"
)

// violation is a rule of axe-core that a page breaks, with the places.
type violation struct {
	ID, Help string
	Nodes    []string
}

// checkAccess fails the test for each rule of accessibility that the page breaks: WCAG 2.2, levels A and AA, and
// axe-core's best practices. testdata/axe-core is the npm package axe-core, with its licence.
func (b browser) checkAccess(moment string) {
	b.t.Helper()
	is := is.New(b.t)
	if !look[bool](b, "typeof axe === 'object'") {
		source, err := os.ReadFile("testdata/axe-core/axe.min.js")
		is.NoErr(err)
		b.do(chromedp.Evaluate[chromedp.Void](string(source)))
	}
	type result struct {
		Passed     int
		Violations []violation
	}
	found := look[result](b, `axe.run(document, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
	}).then((found) => ({
		Passed: found.passes.length,
		Violations: found.violations.map((v) => ({
			ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => n.target + ': ' + n.failureSummary),
		})),
	}))`)
	b.t.Logf("%s: %d rules pass, %d are broken", moment, found.Passed, len(found.Violations))
	is.True(found.Passed > 20) // it has checked something
	for _, v := range found.Violations {
		b.t.Errorf("%s: %s: %s: %q", moment, v.ID, v.Help, v.Nodes)
	}
}

func pageIsAccessible(t *testing.T, c chromium) {
	repo, host, s := lived(t)
	repo.push(files{"x/docker-compose.yml/y": "a directory is no compose file"})
	s.refresh()
	emptied := files{}
	for path := range fleet() {
		if path != "media/thumbnails/docker-compose.yml" { // it is gone already
			emptied[path] = ""
		}
	}
	repo.push(emptied) // so that most removals are held
	s.refresh()
	host.Refuse(http.StatusUnauthorized)
	s.refresh()
	b := c.on(t, s)
	b.untilShown("held")
	b.do(chromedp.Click(chromedp.CSS("#release-ask")))
	b.untilShown("release")
	b.untilShown("failure")
	b.do(chromedp.EmulateViewport(1280, 4000)) // text that is far outside of the window is not rendered
	b.untilText("group-skipped", "x/docker-compose.yml")
	b.do(chromedp.Click(chromedp.CSS("#group-failed summary")), chromedp.Click(chromedp.CSS("#refreshes summary")))
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		b.do(chromedp.EmulateViewport(1280, 4000))
		b.checkAccess("wide and " + scheme)
		b.do(chromedp.EmulateViewport(320, 6000))
		b.checkAccess("narrow and " + scheme)
	}
	is.New(t).Equal(look[int](b, "document.documentElement.scrollWidth"), 320) // nothing sticks out
	// The check itself works: it finds a rule that is broken.
	found := look[int](b, `(() => {
		document.getElementById('search').removeAttribute('aria-label');
		document.getElementById('search').removeAttribute('placeholder');
		return axe.run(document, { runOnly: ['wcag2a'] }).then((found) => found.violations.length);
	})()`)
	is.New(t).True(found > 0)
	b.checkProblems()
}

func browserTellsWhatThePolicyForbids(t *testing.T, c chromium) {
	is := is.New(t)
	_, _, _, s := refreshed(t, twoStacks())
	b := c.on(t, s)
	b.checkProblems()
	is.Equal(look[string](b, `(() => {
		const script = document.createElement('script');
		try { script.textContent = 'window.owned = 1'; document.body.append(script); } catch (error) { return error.name; }
		return '';
	})()`), "TypeError") // text is no script
	look[bool](b, "document.body.append(Object.assign(new Image(), { src: 'http://"+s.address+"/x.png' })), true")
	for _, complaint := range []string{"requires 'TrustedScript' assignment", `directive: "img-src data:"`} {
		await(t, b.problems, complaint, func(list []string) bool {
			return slices.ContainsFunc(list, func(problem string) bool { return strings.Contains(problem, complaint) })
		})
	}
}

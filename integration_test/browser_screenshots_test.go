package integration_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// screenshot writes the content of the window as a PNG.
func (b browser) screenshot(path string) {
	b.t.Helper()
	is := is.New(b.t)
	picture, err := chromedp.Run(b.tab, chromedp.CaptureScreenshot())
	is.NoErr(err)
	is.NoErr(os.MkdirAll(filepath.Dir(path), 0o755))
	is.NoErr(os.WriteFile(path, picture, 0o644))
}

// fleet has the stacks of a small company, about twenty.
func fleet() files {
	content := files{}
	for area, names := range map[string][]string{
		"edge": {"proxy", "certificates"}, "identity": {"api", "database", "mail"},
		"media": {"encoder", "storage", "thumbnails"}, "observability": {"alerts", "logs", "metrics", "traces"},
		"shop": {"catalogue", "checkout", "search", "storefront"}, "warehouse": {"labels", "stock"},
	} {
		for _, name := range names {
			image := fmt.Sprintf("services: {%s: {image: example/%s-%s}}\n", name, area, name)
			content[area+"/"+name+"/docker-compose.yml"] = image
		}
	}
	return content
}

// lived returns a service that looks as if it had run for some days: most stacks are in sync, one is in each other
// state, and the refreshes came from several sources.
func lived(t *testing.T) (repository, host, *service) {
	t.Helper()
	repo, host, first, s := refreshed(t, fleet(), "WEBHOOK_SECRET="+githubSecret, "POLL_INTERVAL=1m")
	synced := func(path string) { s.report(path, fmt.Sprintf(`{"status":"synced","hash":%q}`, s.stack(path).Hash)) }
	for _, path := range s.snapshot().paths() {
		synced(path)
	}
	next := repo.push(files{
		"shop/checkout/docker-compose.yml":    "services: {checkout: {image: example/shop-checkout:2}}\n",
		"media/encoder/docker-compose.yml":    "services: {encoder: {image: example/media-encoder:2}}\n",
		"media/thumbnails/docker-compose.yml": "",
		"shop/reviews/docker-compose.yml":     "services: {reviews: {image: example/shop-reviews}}\n",
	})
	s.deliver(lab.PushEvent("refs/heads/main", first, next), "X-GitHub-Event: push", "X-GitHub-Delivery: 72d3162e-cc78-11e3")
	s.awaitRevision(next)
	s.refresh()
	s.report("media/encoder", `{"status":"syncing"}`)
	s.report("shop/reviews", `{"status":"syncing","target":"alpha"}`)
	s.report("shop/reviews", `{"status":"missing","target":"alpha","message":"Error response from daemon: `+
		`pull access denied for example/shop-reviews, repository does not exist or may require 'docker login'"}`)
	return repo, host, s
}

// moved moves all stacks of a repository but one into another directory, as somebody may do who has not thought of
// GIT_DEPLOY_DIR.
func moved() files {
	content := files{}
	for path, file := range fleet() {
		if path != "edge/proxy/docker-compose.yml" {
			content[path], content["production/"+path] = "", file
		}
	}
	return content
}

// The pictures in the README: SCREENSHOTS=1 makes them anew.
func TestPageHasItsPictureTaken(t *testing.T) {
	if os.Getenv("SCREENSHOTS") == "" {
		t.Skip("SCREENSHOTS=1 writes docs/screenshots")
	}
	_, host, s := lived(t)
	b := startChromium(t).on(t, s)
	b.do(chromedp.EmulateViewport(1280, 860, chromedp.EmulateScale(1.5)))
	b.untilText("verdict", "4 of 19 stacks not in sync, 1 failed, 1 must go")
	b.do(chromedp.Click(chromedp.CSS("#group-behind li:nth-child(2) summary")))
	b.scheme("light")
	b.screenshot(filepath.Join("..", "docs", "screenshots", "light.png"))
	host.Server.Close() // Git is gone
	s.refresh()
	b.untilShown("failure")
	b.scheme("dark")
	b.screenshot(filepath.Join("..", "docs", "screenshots", "dark.png"))
	s.finish()

	second, _, _, s := refreshed(t, fleet(), "POLL_INTERVAL=1m")
	s.applied(s.snapshot().paths()...)
	second.push(moved())
	s.refresh()
	b = startChromium(t).on(t, s)
	b.do(chromedp.EmulateViewport(1280, 860, chromedp.EmulateScale(1.5)))
	b.untilShown("held")
	b.scheme("light")
	b.screenshot(filepath.Join("..", "docs", "screenshots", "held-light.png"))
	b.do(chromedp.Click(chromedp.CSS("#release-ask")))
	b.untilShown("release")
	b.scheme("dark")
	b.screenshot(filepath.Join("..", "docs", "screenshots", "held-dark.png"))
}

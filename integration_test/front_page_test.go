package integration_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/matryer/is"
)

// The page behind proxies, over plain HTTP and under a name whose origin is not secure: browsers then send no
// Sec-Fetch-Site, so a Host that is not the browser's looks like another site.

func pageWorksBehindNginx(t *testing.T, c chromium) {
	const host = "proxy_set_header Host $http_host;"
	for name, edits := range map[string][]string{
		"as README shows":   nil,
		"Host rewritten":    {host, ""}, // nginx's default
		"Host without port": {host, "proxy_set_header Host $host;"},
	} {
		for number, base := range bases() {
			t.Run(name+" at "+base, func(t *testing.T) {
				pageWorksBehind(t, c, func(upstream string) front { return nginx(t, number, upstream, edits...) })
			})
		}
	}
}

func pageWorksBehindCaddy(t *testing.T, c chromium) {
	for name, edits := range map[string][]string{
		"as README shows": nil,
		"Host rewritten":  {"\treverse_proxy", "\trequest_header Host 127.0.0.1:1\n\treverse_proxy"},
	} {
		for number, base := range bases() {
			t.Run(name+" at "+base, func(t *testing.T) {
				pageWorksBehind(t, c, func(upstream string) front { return caddy(t, number, upstream, edits...) })
			})
		}
	}
}

// pageWorksBehind uses the page through a proxy: it loads, follows, refreshes, filters, and its links lead somewhere.
func pageWorksBehind(t *testing.T, c chromium, place func(upstream string) front) {
	t.Helper()
	is := is.New(t)
	repo, _, _, s := refreshed(t, twoStacks())
	f := place(s.address)
	b := c.browse(t)
	b.open(f.url(""))
	b.untilText("link", "Live")
	is.Equal(look[bool](b, "window.isSecureContext"), false)
	repo.push(files{"new/docker-compose.yml": "services: {}"})
	b.do(chromedp.Click(chromedp.CSS("#ask-button")))
	b.untilText("outcome", ": 1 added.")
	is.Equal(s.count("refresh started", "source=manual"), 1)
	b.until("document.querySelectorAll('#group-behind li').length === 3") // by a long poll
	s.report("web", `{"status":"syncing"}`)
	b.untilText("stacks", "syncing")
	b.do(chromedp.Click(chromedp.CSS("label[data-show=syncing]")))
	b.until("location.search === '?show=syncing'")
	is.Equal(look[string](b, "location.pathname"), f.base)
	b.do(chromedp.Reload())
	is.Equal(b.shownPaths(), []string{"web"})
	const failing = `Promise.all([...document.querySelectorAll('footer a')].map(async (a) =>
		[a.href, (await fetch(a.href)).status])).then((links) => links.filter(([, status]) => status !== 200).map(String))`
	is.Equal(look[[]string](b, failing), []string{})
	is.Equal(look[int](b, "document.querySelectorAll('footer a').length"), 4)
	b.checkProblems()
}

// A page of another site can neither send the header of the page nor do without it.
func pageOfAnotherSiteCannotRefresh(t *testing.T, c chromium) {
	is := is.New(t)
	_, _, _, s := refreshed(t, twoStacks())
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.FormValue("to"); to != "" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>evil</title>")
	}))
	t.Cleanup(evil.Close)
	b := c.browse(t)
	b.open(evil.URL)
	_, port, _ := strings.Cut(s.address, ":")
	for _, name := range []string{otherName, "127.0.0.1"} { // where browsers do not send Sec-Fetch-Site, and where they do
		target := fmt.Sprintf("http://%s:%s/api/v1/refresh", name, port)
		try := func(address, options string) string {
			const request = "fetch(%q, {method: 'POST', %s}).then(() => 'sent', () => 'kept')"
			return look[string](b, fmt.Sprintf(request, address, options))
		}
		is.Equal(try(target, "headers: {'Mooring-Page': 'yes'}"), "kept") // the browser asked first
		// Its own site may get the header, and may redirect the request: the browser asks then.
		is.Equal(try(evil.URL+"?to="+url.QueryEscape(target), "headers: {'Mooring-Page': 'yes'}"), "kept")
		is.Equal(try(target, "mode: 'no-cors'"), "sent")
		is.Equal(try(target, "mode: 'no-cors', headers: {'Mooring-Page': 'yes'}"), "sent") // without the header
	}
	is.Equal(s.count("method=OPTIONS", "status=405"), 4)
	is.Equal(s.count("method=POST", "status=403"), 4)
	is.Equal(s.count("source=manual"), 0)
}

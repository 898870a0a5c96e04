package integration_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/matryer/is"
)

// The page when the service or the proxy before it does not answer.

func pageSaysThatTheServiceIsGoneAndComesBack(t *testing.T, c chromium) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	host := serveRepository(t, repo)
	// The second service must get the port of the first. All other tests listen and connect from 127.0.0.1. So at
	// another address no other test takes the port in between.
	s := start(t, "GIT_URL="+host.url(), "LISTEN_ADDR=127.0.77.1:0")
	s.logged("refresh completed")
	b := c.on(t, s)
	b.untilText("verdict", "2 of 2 stacks not in sync")
	is.Equal(s.stop(syscall.SIGTERM), 0)
	b.untilText("gone", "mooring does not answer")
	b.untilText("link", "No answer")
	is.Equal(b.shownPaths(), []string{"db/main", "web"})
	b.do(chromedp.Click(chromedp.CSS("#ask-button")))
	b.untilText("outcome", "There was no refresh: mooring does not answer.")
	repo.push(files{"new/docker-compose.yml": "services: {}"})
	again := start(t, "GIT_URL="+host.url(), "LISTEN_ADDR="+s.address)
	b.untilHidden("gone")
	b.untilText("link", "Live")
	b.untilText("verdict", "3 of 3 stacks not in sync")
	again.logged("refresh completed")
	b.checkProblems("ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "503 (Service Unavailable)",
		"ERR_INCOMPLETE_CHUNKED_ENCODING")
}

// A proxy may say in JSON that the service behind it does not answer (RFC 9457).
func pageTakesNoAnswerOfAProxyForTheServices(t *testing.T, c chromium) {
	is := is.New(t)
	_, _, first, s := refreshed(t, twoStacks())
	down := watch(t, false)
	behind := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: s.address})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !down.Value() {
			behind.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, `{"type":"about:blank","title":"Bad Gateway","status":502}`)
	}))
	t.Cleanup(front.Close)
	b := c.browse(t)
	b.open(front.URL)
	b.untilText("link", "Live")
	down.Change(func(down *bool) { *down = true })
	b.untilText("gone", "mooring does not answer: the answer has status 502")
	b.untilText("link", "No answer")
	b.do(chromedp.Click(chromedp.CSS("#ask-button")))
	b.untilText("outcome", "There was no refresh: the answer has status 502.")
	is.Equal(look[string](b, "document.querySelector('#revision code').title"), first)
	down.Change(func(down *bool) { *down = false })
	b.untilText("outcome", "mooring answers again.")
	b.untilHidden("gone")
	look[int](b, "readUntil = 0") // as if a person had had the time to read it
	b.until("document.getElementById('outcome').textContent === ''")
	b.checkProblems("502 (Bad Gateway)")
}

package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// The API through a proxy is the API: long polls, large deliveries, odd paths, and links that lead somewhere.

func TestNginxOfTheREADMEPassesTheAPIOn(t *testing.T) {
	t.Parallel()
	for number, base := range bases() {
		t.Run("at "+base, func(t *testing.T) {
			apiWorksBehind(t, number, func(upstream string) front { return nginx(t, number, upstream) })
		})
	}
}

func TestCaddyOfTheREADMEPassesTheAPIOn(t *testing.T) {
	t.Parallel()
	for number, base := range bases() {
		t.Run("at "+base, func(t *testing.T) {
			apiWorksBehind(t, number, func(upstream string) front { return caddy(t, number, upstream) })
		})
	}
}

func apiWorksBehind(t *testing.T, number int, place func(upstream string) front) {
	t.Helper()
	is := is.New(t)
	const odd = "a b/100% ünder #1?+;=&.d"
	content := twoStacks()
	content[odd+"/docker-compose.yml"] = "services: {odd: {}}"
	repo, _, _, s := refreshed(t, content, "WEBHOOK_SECRET="+githubSecret, "ALLOWED_HOSTS="+frontName+",127.0.0.1")
	f := place(s.address)
	do := func(method, path, body string, headers ...string) lab.Reply {
		return f.do(t, method, f.url(path), body, headers...)
	}

	list := do(http.MethodGet, "api/v1/stacks", "")
	is.Equal(string(list.Body), s.get("/api/v1/stacks").body)
	tag := "If-None-Match: " + list.Header.Get("ETag")
	is.Equal(do(http.MethodGet, "api/v1/stacks?wait=100ms", "", tag).Status, http.StatusNotModified)

	path := "api/v1/stacks/" + strings.ReplaceAll(url.PathEscape(odd), "%2F", "/")
	reported := do(http.MethodPut, path, `{"status":"syncing"}`)
	is.Equal(reported.Status, http.StatusOK)
	is.Equal(s.snapshot().at(odd).Status, "syncing")
	is.Equal(do(http.MethodGet, "api/v1/stacks?wait=30s", "", tag).Status, http.StatusOK) // the list differs

	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	accepted := do(http.MethodPost, "api/v1/refresh", "")
	is.Equal(accepted.Status, http.StatusAccepted)
	location := resolved(t, f.url("api/v1/refresh"), accepted.Header.Get("Location"))
	is.True(strings.HasPrefix(location, f.url("api/v1/refreshes/")))
	is.Equal(f.do(t, http.MethodGet, location, "").Status, http.StatusOK)
	s.awaitRevision(next)

	large := fmt.Sprintf(`{"zen":%q}`, strings.Repeat("x", 2<<20)) // more than nginx takes by itself
	delivered := do(http.MethodPost, "api/v1/webhook", large, lab.Sign(githubSecret, large), "X-GitHub-Event: push")
	is.Equal(delivered.Status, http.StatusAccepted)
	location = resolved(t, f.url("api/v1/webhook"), delivered.Header.Get("Location"))
	is.Equal(f.do(t, http.MethodGet, location, "").Status, http.StatusOK)

	var described struct{ Servers []struct{ URL string } }
	is.NoErr(json.Unmarshal(do(http.MethodGet, "openapi.json", "").Body, &described))
	is.Equal(resolved(t, f.url("openapi.json"), described.Servers[0].URL), f.url(""))
	if number == 1 { // a person leaves out the slash
		bare := strings.TrimSuffix(f.url(""), "/")
		moved := f.do(t, http.MethodGet, bare, "")
		is.True(moved.Status == http.StatusFound || moved.Status == http.StatusMovedPermanently)
		is.Equal(resolved(t, bare, moved.Header.Get("Location")), f.url(""))
	}
}

// A proxy in front of a Unix socket.
func TestNginxReachesTheServiceThroughAUnixSocket(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	path := socketPath(t)
	startOn(t, path, "GIT_URL="+repo.bare)
	f := nginx(t, 1, "unix:"+path+":")
	answer := f.do(t, http.MethodPost, f.url("api/v1/refresh?wait=30s"), "", "Origin: http://"+f.address)
	is.Equal(answer.Status, http.StatusOK)
	is.True(strings.Contains(string(answer.Body), revision))
}

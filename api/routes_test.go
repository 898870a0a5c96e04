package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
)

func TestUnknownPathsAndTrailingSlashesAreNotFoundInJSON(t *testing.T) {
	s := serve(t, options{})
	for _, path := range []string{
		"/api", "/api/v1", "/api/v1/", "/api/v2/stacks", "/healthz/", "/readyz/", "/api/v1/refresh/", "/api/v1/webhook/",
		"/api/v1/refreshes/", "/api/v1/refreshes/x/", "/API/v1/stacks", "//api/v1/stacks", "/api//v1/stacks",
		"/api/v1/../v1/stacks", "/favicon.ico", "/robots.txt", "/index.html", "/%00", "/api/v1/stacksx",
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "PATCH", "OPTIONS"} {
			s.refuses(s.do(method, path, ""), http.StatusNotFound, codeNotFound)
		}
	}
}

func TestWrongMethodsAreToldTheRightOnes(t *testing.T) {
	s := serve(t, options{})
	is := is.New(t)
	for path, allow := range map[string]string{
		"/":                     "GET, HEAD",
		"/healthz":              "GET, HEAD",
		"/readyz":               "GET, HEAD",
		"/api/v1/webhook":       "POST",
		"/api/v1/refresh":       "GET, HEAD, POST",
		"/api/v1/refreshes":     "GET, HEAD",
		"/api/v1/refreshes/x":   "GET, HEAD",
		"/api/v1/stacks":        "GET, HEAD",
		"/api/v1/stacks/":       "DELETE, GET, HEAD, PUT",
		"/api/v1/stacks/a/b c/": "DELETE, GET, HEAD, PUT",
	} {
		path := strings.ReplaceAll(path, " ", "%20")
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			if strings.Contains(allow, method) {
				continue
			}
			request, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.address+path, nil)
			is.NoErr(err)
			r := s.send(request)
			is.Equal(r.header.Get("Allow"), allow) // path and method
			is.Equal(r.status, http.StatusMethodNotAllowed)
			if path != "/" {
				is.Equal(errorOf(t, r), string(codeMethodNotAllowed))
			}
		}
	}
}

func TestHeadAnswersAsGetWithoutTheBody(t *testing.T) {
	s := serve(t, options{})
	is := is.New(t)
	refresh := s.Refreshed(apitest.RevisionA, ".", "apps/web")
	for _, path := range []string{
		"/", "/healthz", "/readyz", "/api/v1/refresh", "/api/v1/refreshes", "/api/v1/refreshes/" + refresh.ID,
		"/api/v1/stacks", "/api/v1/stacks/", "/api/v1/stacks/apps/web", "/api/v1/stacks/none",
	} {
		get, head := s.do("GET", path, ""), s.do("HEAD", path, "")
		is.Equal(head.body, "")
		is.Equal(head.status, get.status)
		is.Equal(head.header.Get("Content-Length"), fmt.Sprint(len(get.body)))
		is.Equal(head.header.Get("Content-Type"), get.header.Get("Content-Type"))
		is.Equal(head.header.Get("Etag"), get.header.Get("Etag"))
	}
}

// exchange sends raw bytes and reads one answer.
func exchange(t *testing.T, address, raw string) reply {
	t.Helper()
	is := is.New(t)
	connection, err := net.Dial("tcp", address)
	is.NoErr(err)
	defer connection.Close()
	_, err = io.WriteString(connection, raw)
	is.NoErr(err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	is.NoErr(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	is.NoErr(err)
	return reply{response.StatusCode, response.Header, string(body)}
}

func TestOddRequestTargetsAreAnsweredInJSON(t *testing.T) {
	s := serve(t, options{})
	is := is.New(t)
	const rest = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	r := exchange(t, s.address, "OPTIONS *"+rest)
	s.refuses(r, http.StatusMethodNotAllowed, codeMethodNotAllowed)
	is.Equal(r.header.Get("Allow"), "DELETE, GET, HEAD, POST, PUT")
	for target, status := range map[string]int{
		"GET *":                       http.StatusNotFound,
		"CONNECT x:80":                http.StatusNotFound,
		"GET http://x":                http.StatusNotFound,
		"GET http://x/healthz":        http.StatusOK,
		"GET /healthz?wait=%zz":       http.StatusOK,
		"GET /api/v1/stacks?wait=%zz": http.StatusBadRequest,
		"GET /api/v1/refreshes?a;b":   http.StatusBadRequest,
		"POST /api/v1/refresh?x=%":    http.StatusBadRequest,
	} {
		r := exchange(t, s.address, target+rest)
		is.Equal(r.status, status) // target
		is.Equal(r.header.Get("Content-Type"), "application/json")
		is.True(strings.HasPrefix(r.body, "{"))
	}
}

func TestLargeHeadersAreRefused(t *testing.T) {
	s := serve(t, options{})
	r := exchange(t, s.address, "GET /healthz HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 40<<10)+"\r\n\r\n")
	is.New(t).Equal(r.status, http.StatusRequestHeaderFieldsTooLarge)
}

// panicking is a Refresher that panics when it is asked for a view.
type panicking struct {
	Refresher
	value any
}

func (p panicking) View(context.Context) (actors.View, error) { panic(p.value) }

func TestPanicIsLoggedAndAnswered(t *testing.T) {
	is := is.New(t)
	var log strings.Builder
	s := serve(t, options{
		wrap: func(r Refresher) Refresher { return panicking{r, "out of luck"} },
		log:  slog.New(slog.NewTextHandler(&log, nil)),
	})
	s.refuses(s.do("GET", "/api/v1/refresh", ""), http.StatusInternalServerError, codeInternal)
	s.stopActor()
	s.stopServer() // the log is at rest from here on
	is.True(strings.Contains(log.String(), "out of luck"))
	is.True(strings.Contains(log.String(), "routes_test.go")) // the call stack
}

func TestAbortedHandlerHangsUp(t *testing.T) {
	s := serve(t, options{wrap: func(r Refresher) Refresher { return panicking{r, http.ErrAbortHandler} }})
	_, err := s.client.Get("http://" + s.address + "/api/v1/refresh")
	is.New(t).True(err != nil)
}

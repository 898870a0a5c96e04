package githost

import (
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Seen is a request as a host saw it.
type Seen struct {
	Method, Path, Authorization, protocol, Encoding string
	Length                                          int64
	Remote, Version                                 string
}

// HTTPHost serves repositories over HTTP with git http-backend.
type HTTPHost struct {
	*httptest.Server
	// requests holds what came so far.
	requests chan []Seen
}

// HTTPOptions are what a host is like.
type HTTPOptions struct {
	// V0 makes a host that knows no other version of the protocol.
	V0 bool
	// User and password are asked for, where they are set.
	User, Password string
	TLS            bool
	// Instead answers a request in place of Git; false passes it on.
	Instead func(http.ResponseWriter, *http.Request) bool
}

// ServeHTTP serves the directory above the repository, which is at /stacks.
func ServeHTTP(t *testing.T, r *Repository, options HTTPOptions) *HTTPHost {
	t.Helper()
	host := &HTTPHost{requests: make(chan []Seen, 1)}
	host.requests <- nil
	backend := &cgi.Handler{
		Path: filepath.Join(gitExecPath(t), "git-http-backend"),
		Env: []string{"GIT_HTTP_EXPORT_ALL=1", "GIT_PROJECT_ROOT=" + filepath.Dir(r.Dir), "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_CONFIG_NOSYSTEM=1"},
		InheritEnv: []string{"PATH"},
		Stderr:     io.Discard,
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		header := q.Header
		host.requests <- append(<-host.requests, Seen{q.Method, q.URL.Path, header.Get("Authorization"),
			header.Get("Git-Protocol"), header.Get("Content-Encoding"), q.ContentLength, q.RemoteAddr, q.Proto})
		if options.Instead != nil && options.Instead(w, q) {
			return
		}
		if user, password, _ := q.BasicAuth(); user != options.User || password != options.Password {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "Invalid username or token", http.StatusUnauthorized)
			return
		}
		if options.V0 {
			header.Del("Git-Protocol")
		}
		backend.ServeHTTP(w, q)
	})
	host.Server = httptest.NewUnstartedServer(handler)
	host.EnableHTTP2 = options.TLS // as the big hosts
	host.Config.ErrorLog = log.New(io.Discard, "", 0)
	if options.TLS {
		host.StartTLS()
	} else {
		host.Start()
	}
	t.Cleanup(host.Close)
	return host
}

// Repository is the address of the repository.
func (h *HTTPHost) Repository() string { return h.URL + "/stacks" }

// Saw takes the requests that came since it was last called.
func (h *HTTPHost) Saw() []Seen {
	requests := <-h.requests
	h.requests <- nil
	return slices.Clip(requests)
}

func gitExecPath(t *testing.T) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(output))
}

// Answering is a host that gives one answer to everything.
func Answering(status int, header map[string]string, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

// Redirecting answers the first request with a redirect to another address.
func Redirecting(status int, target func(*http.Request) string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, q *http.Request) bool {
		location := target(q)
		if location == "" {
			return false
		}
		w.Header().Set("Location", location)
		w.WriteHeader(status)
		return true
	}
}

// Forward asks a host what it answers to a request.
func Forward(host *HTTPHost, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	host.Config.Handler.ServeHTTP(recorder, request)
	return recorder
}

package githost

import (
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// HTTPHost serves repositories over HTTP with git http-backend.
type HTTPHost struct {
	*httptest.Server
	record record
}

// HTTPOptions are the properties of a host.
type HTTPOptions struct {
	// V0 makes a host that knows only version 0 of the protocol.
	V0 bool
	// User and Password are needed if they are set.
	User, Password string
	// TLS makes a host that speaks HTTPS, and HTTP/2 as the big hosts do.
	TLS bool
	// Instead may answer a request instead of Git. If it returns false, Git answers.
	Instead func(http.ResponseWriter, *http.Request) bool
}

// ServeHTTP serves the directory above the repository. The repository itself is at /stacks.
func ServeHTTP(t *testing.T, r *Repository, options HTTPOptions) *HTTPHost {
	t.Helper()
	host := &HTTPHost{record: startRecord(t)}
	backend := &cgi.Handler{
		Path: filepath.Join(gitExecPath(t), "git-http-backend"),
		Env: []string{"GIT_HTTP_EXPORT_ALL=1", "GIT_PROJECT_ROOT=" + filepath.Dir(r.Dir), "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_CONFIG_NOSYSTEM=1"},
		InheritEnv: []string{"PATH"},
		Stderr:     io.Discard,
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		header := q.Header
		host.record.add(Seen{q.Method, q.URL.Path, header.Get("Authorization"), header.Get("Content-Encoding"),
			q.ContentLength, q.RemoteAddr, q.Proto})
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
	host.EnableHTTP2 = options.TLS
	host.Config.ErrorLog = log.New(io.Discard, "", 0)
	if options.TLS {
		host.StartTLS()
	} else {
		host.Start()
	}
	t.Cleanup(host.Close)
	return host
}

// Repository is the URL of the repository.
func (h *HTTPHost) Repository() string { return h.URL + "/stacks" }

// Saw returns the requests since the last call.
func (h *HTTPHost) Saw() []Seen { return h.record.take() }

func gitExecPath(t *testing.T) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(output))
}

// Answering is an HTTPOptions.Instead that gives the same answer to everything.
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

// Redirecting is an HTTPOptions.Instead that redirects a request to its target. If the target is empty, Git answers.
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

// Forward passes a request on to another host and returns its answer.
func Forward(host *HTTPHost, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	host.Config.Handler.ServeHTTP(recorder, request)
	return recorder
}

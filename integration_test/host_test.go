package integration_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// host serves one repository over smart HTTP, by the program that Git brings for it. It can be told to hang or to
// refuse, and counts what it is asked.
type host struct {
	t      *testing.T
	server *httptest.Server
	state  watched[hostState]
}

type hostState struct {
	// gate is where requests hang until it is closed; nil lets them pass.
	gate chan struct{}
	// refusal is the status that requests are refused with; 0 lets them pass.
	refusal int
	// user and password are demanded where a password is set.
	user, password string
	// requests were begun, tips are those among them that ask where a ref stands, packs those that ask for objects.
	requests, tips, packs int
	// underWay are the requests that have not ended, and most is how many that ever were at once.
	underWay, most int
}

func serveRepository(t *testing.T, r repository) host {
	t.Helper()
	b := backend{
		program: filepath.Join(strings.TrimSpace(git(t, r.bare, "--exec-path")), "git-http-backend"),
		root:    filepath.Dir(r.bare),
		state:   watch(t, hostState{}),
	}
	h := host{t, httptest.NewServer(b), b.state}
	t.Cleanup(h.server.Close)
	return h
}

// backend is the handler of a host: the gate, and behind it the program.
type backend struct {
	program, root string
	state         watched[hostState]
}

// url returns the repository's address, with credentials where a user is given.
func (h host) url(credentials ...string) string {
	address, err := url.Parse(h.server.URL + "/repository.git")
	is.New(h.t).NoErr(err)
	if len(credentials) == 2 {
		address.User = url.UserPassword(credentials[0], credentials[1])
	}
	return address.String()
}

func (b backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const enough = 8 << 20 // bytes of what a client says it wants and has
	body, err := io.ReadAll(io.LimitReader(r.Body, enough))
	if err != nil {
		return // the client has gone
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	b.state.change(func(s *hostState) { s.begin(r, body) })
	defer b.state.change(func(s *hostState) { s.underWay-- })
	now := b.state.look().value
	if now.gate != nil {
		select {
		case <-now.gate:
		case <-r.Context().Done():
			return
		}
	}
	user, password, _ := r.BasicAuth()
	switch {
	case now.refusal != 0:
		http.Error(w, "refused for the sake of a test", now.refusal)
	case now.password != "" && (user != now.user || password != now.password):
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
	default:
		program := cgi.Handler{
			Path: b.program,
			Env: []string{
				"GIT_PROJECT_ROOT=" + b.root, "GIT_HTTP_EXPORT_ALL=1", "GIT_PROTOCOL=" + r.Header.Get("Git-Protocol"),
				"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "HOME=" + b.root,
				"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=uploadpack.allowFilter", "GIT_CONFIG_VALUE_0=true",
			},
			Stderr: io.Discard,
		}
		program.ServeHTTP(w, r)
	}
}

// begin counts a request. A protocol 2 client asks for refs and for packs by commands (gitprotocol-v2(5)); one of
// protocol 0 is told of the refs by the first answer.
func (s *hostState) begin(r *http.Request, body []byte) {
	s.requests++
	s.underWay++
	s.most = max(s.most, s.underWay)
	switch second := strings.Contains(r.Header.Get("Git-Protocol"), "version=2"); {
	case bytes.Contains(body, []byte("command=ls-refs")), r.Method == http.MethodGet && !second:
		s.tips++
	case r.Method == http.MethodPost:
		s.packs++
	}
}

// hang lets every request from now on hang until release.
func (h host) hang() {
	gate := make(chan struct{})
	h.state.change(func(s *hostState) { s.gate = gate })
}

func (h host) release() {
	h.state.change(func(s *hostState) {
		close(s.gate)
		s.gate = nil
	})
}

// refuse answers every request from now on with a status; 0 ends that.
func (h host) refuse(status int) { h.state.change(func(s *hostState) { s.refusal = status }) }

// demand lets only requests with these credentials pass from now on.
func (h host) demand(user, password string) {
	h.state.change(func(s *hostState) { s.user, s.password = user, password })
}

// reached returns when a request hangs at the gate.
func (h host) reached() {
	h.t.Helper()
	h.state.await(h.t, "a request at the Git host", func(s hostState) bool { return s.underWay > 0 })
}

// counts returns what the host was asked so far.
func (h host) counts() hostState { return h.state.look().value }

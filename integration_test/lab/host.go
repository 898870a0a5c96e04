package lab

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"path/filepath"
)

// Host serves the repositories of a directory over smart HTTP on loopback, by git-http-backend(1). It can be told to
// hang, to refuse and to go wrong, and notes what it is asked.
type Host struct {
	*httptest.Server
	State Watched[HostState]
}

// HostState is how a host answers, and what it was asked so far. The host's owner goroutine has it.
type HostState struct {
	// Gate is where requests hang while it is shut.
	Gate Gate
	// Fault answers requests in place of git; nil: git does.
	Fault Fault
	// Refusal is the status that requests are refused with; 0 lets them pass.
	Refusal int
	// User and Password are demanded where a password is set.
	User, Password string
	Counts
	// tape is what was recorded; nil while nothing is.
	tape *[]Taped
}

// StartHost serves the repositories in a directory. The caller closes the host.
func StartHost(ctx context.Context, directory string) (Host, error) {
	program, err := GitProgram(ctx, "git-http-backend")
	if err != nil {
		return Host{}, err
	}
	state := Watch(HostState{})
	server := httptest.NewUnstartedServer(backend{state, cgi.Handler{
		Path: program,
		Env: append(GitEnvironment(), "GIT_PROJECT_ROOT="+directory, "GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=uploadpack.allowFilter", "GIT_CONFIG_VALUE_0=true"),
		Stderr: io.Discard, Logger: log.New(io.Discard, "", 0), // clients leave, which is no news
	}})
	server.Listener = countingListener{server.Listener, state}
	server.Start()
	return Host{server, state}, nil
}

// Close ends the requests that are under way, and the host.
func (h Host) Close() {
	h.CloseClientConnections()
	h.Server.Close()
	h.State.Close()
}

// Address is the URL of a repository.
func (h Host) Address(r Repository) string { return h.URL + "/" + filepath.Base(r.Path) }

// Hang lets every request from now on hang until Release.
func (h Host) Hang() { h.State.Change(func(s *HostState) { s.Gate.Shut() }) }

// Release lets all requests pass that hang.
func (h Host) Release() { h.State.Change(func(s *HostState) { s.Gate.Open() }) }

// Refuse answers every request from now on with a status; 0 ends that.
func (h Host) Refuse(status int) { h.State.Change(func(s *HostState) { s.Refusal = status }) }

// Demand lets only requests with these credentials pass from now on.
func (h Host) Demand(user, password string) {
	h.State.Change(func(s *HostState) { s.User, s.Password = user, password })
}

// Suffer lets every request from now on meet the fault; nil ends that.
func (h Host) Suffer(f Fault) { h.State.Change(func(s *HostState) { s.Fault = f }) }

// Counts returns what the host was asked so far.
func (h Host) Counts() Counts { return h.State.Value().Counts }

// backend is the handler of a host.
type backend struct {
	state Watched[HostState]
	git   cgi.Handler
}

// ServeHTTP lets the fault answer that the host suffers, or else git.
func (b backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if fault := b.state.Value().Fault; fault != nil {
		fault(w, r, http.HandlerFunc(b.serve))
		return
	}
	b.serve(w, r)
}

func (b backend) serve(w http.ResponseWriter, r *http.Request) {
	body, ok := whole(w, r)
	if !ok {
		return
	}
	b.state.Change(func(s *HostState) { s.begin(r, body) })
	defer b.state.Change(func(s *HostState) { s.UnderWay-- })
	now := b.state.Value()
	if !now.Gate.Pass(r.Context()) {
		return
	}
	user, password, _ := r.BasicAuth()
	switch {
	case now.Refusal != 0:
		http.Error(w, "refused for the sake of a test", now.Refusal)
	case now.Password != "" && (user != now.User || password != now.Password):
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
	default:
		program := b.git
		program.Env = append(program.Env[:len(program.Env):len(program.Env)], "GIT_PROTOCOL="+r.Header.Get("Git-Protocol"))
		program.ServeHTTP(w, r)
	}
}

// whole reads a request's body and gives the request its length: CGI has no other kind (RFC 3875, section 4.2), and git
// sends long requests in chunks.
func whole(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	const longest = 64 << 20 // bytes of what a client says it wants and has
	body, err := io.ReadAll(io.LimitReader(r.Body, longest+1))
	switch {
	case err != nil:
		return nil, false // the client has gone
	case len(body) > longest:
		http.Error(w, "the request is too long", http.StatusRequestEntityTooLarge)
		return nil, false
	}
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	return body, true
}

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

// Host serves the repositories of a directory over smart HTTP on loopback, by git-http-backend(1). A test can make it
// hang, refuse and fail. It counts its requests.
type Host struct {
	*httptest.Server
	State Watched[HostState]
}

// HostState tells how a host answers, and counts its requests. The host's owner goroutine has it.
type HostState struct {
	// Gate makes requests hang while it is shut.
	Gate Gate
	// Fault answers requests instead of git; nil for none.
	Fault Fault
	// Refusal is the status of the answer to every request; 0 for none.
	Refusal int
	// User and Password are needed if a password is set.
	User, Password string
	Counts
	// tape has the recorded requests; nil if none are recorded.
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
		Stderr: io.Discard, Logger: log.New(io.Discard, "", 0), // without errors about clients that have left
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

// Hang makes every request from now on hang until Release.
func (h Host) Hang() { h.State.Change(func(s *HostState) { s.Gate.Shut() }) }

// Release ends Hang: the hanging requests go on.
func (h Host) Release() { h.State.Change(func(s *HostState) { s.Gate.Open() }) }

// Refuse answers every request from now on with a status; 0 ends that.
func (h Host) Refuse(status int) { h.State.Change(func(s *HostState) { s.Refusal = status }) }

// Demand refuses every request without these credentials from now on.
func (h Host) Demand(user, password string) {
	h.State.Change(func(s *HostState) { s.User, s.Password = user, password })
}

// Suffer makes the fault answer every request from now on; nil ends that.
func (h Host) Suffer(f Fault) { h.State.Change(func(s *HostState) { s.Fault = f }) }

// Counts returns the counts of the requests so far.
func (h Host) Counts() Counts { return h.State.Value().Counts }

// backend is the handler of a host.
type backend struct {
	state Watched[HostState]
	git   cgi.Handler
}

// ServeHTTP lets the fault answer, or git if there is no fault.
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

// whole reads a request's body and gives the request its length. Git sends long requests in chunks, and CGI needs a
// length (RFC 3875, section 4.2).
func whole(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	const longest = 64 << 20 // bytes of a request
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

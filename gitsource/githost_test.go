package gitsource

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// testRepository is a repository with a work tree, made and changed with the git program.
type testRepository struct {
	t   *testing.T
	dir string
}

// gitEnvironment keeps the user's configuration out, and makes commits that are the same on every machine.
func gitEnvironment() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE=1700000000 +0000")
}

// newTestRepository makes an empty repository whose HEAD is refs/heads/main. It is served whole: filters and single
// objects included.
func newTestRepository(t *testing.T) *testRepository {
	t.Helper()
	r := &testRepository{t: t, dir: filepath.Join(t.TempDir(), "stacks")}
	if err := os.Mkdir(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r.git("init", "--quiet", "--initial-branch=main")
	r.git("config", "uploadpack.allowFilter", "true")
	r.git("config", "uploadpack.allowAnySHA1InWant", "true")
	return r
}

// git runs the git program and returns what it prints, without the newline at the end.
func (r *testRepository) git(arguments ...string) string {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), "git", append([]string{"-C", r.dir}, arguments...)...)
	command.Env = gitEnvironment()
	output, err := command.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v: %s", strings.Join(arguments, " "), err, output)
	}
	return strings.TrimSuffix(string(output), "\n")
}

// commit writes the files, given as path and content in turn, commits everything and returns the commit's id.
func (r *testRepository) commit(files ...string) objectID {
	r.t.Helper()
	for i := 0; i+1 < len(files); i += 2 {
		name := filepath.Join(r.dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message=change")
	return r.id("HEAD")
}

// id is the object id that a revision names.
func (r *testRepository) id(revision string) objectID {
	r.t.Helper()
	return idOf(r.git("rev-parse", revision))
}

// seen is a request as a host saw it.
type seen struct {
	method, path, authorization, protocol, encoding string
	length                                          int64
	remote, version                                 string
}

// httpHost serves repositories over HTTP with git http-backend.
type httpHost struct {
	*httptest.Server
	// requests holds what came so far.
	requests chan []seen
}

// httpOptions are what a host is like.
type httpOptions struct {
	// v0 makes a host that knows no other version of the protocol.
	v0 bool
	// user and password are asked for, where they are set.
	user, password string
	tls            bool
	// instead answers a request in place of Git; false passes it on.
	instead func(http.ResponseWriter, *http.Request) bool
}

// serveHTTP serves the directory above the repository, which is at /stacks.
func serveHTTP(t *testing.T, r *testRepository, options httpOptions) *httpHost {
	t.Helper()
	host := &httpHost{requests: make(chan []seen, 1)}
	host.requests <- nil
	backend := &cgi.Handler{
		Path: filepath.Join(gitExecPath(t), "git-http-backend"),
		Env: []string{"GIT_HTTP_EXPORT_ALL=1", "GIT_PROJECT_ROOT=" + filepath.Dir(r.dir), "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_CONFIG_NOSYSTEM=1"},
		InheritEnv: []string{"PATH"},
		Stderr:     io.Discard,
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		header := q.Header
		host.requests <- append(<-host.requests, seen{q.Method, q.URL.Path, header.Get("Authorization"),
			header.Get("Git-Protocol"), header.Get("Content-Encoding"), q.ContentLength, q.RemoteAddr, q.Proto})
		if options.instead != nil && options.instead(w, q) {
			return
		}
		if user, password, _ := q.BasicAuth(); user != options.user || password != options.password {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "Invalid username or token", http.StatusUnauthorized)
			return
		}
		if options.v0 {
			header.Del("Git-Protocol")
		}
		backend.ServeHTTP(w, q)
	})
	host.Server = httptest.NewUnstartedServer(handler)
	host.EnableHTTP2 = options.tls // as the big hosts
	host.Config.ErrorLog = log.New(io.Discard, "", 0)
	if options.tls {
		host.StartTLS()
	} else {
		host.Start()
	}
	t.Cleanup(host.Close)
	return host
}

// url is the address of the repository.
func (h *httpHost) url() string { return h.URL + "/stacks" }

// saw takes the requests that came since it was last called.
func (h *httpHost) saw() []seen {
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

// serveGit serves the directory above the repository with git daemon, and returns the repository's URL. A host of
// version 0 is made by leaving out of the request that the client knows version 2.
func serveGit(t *testing.T, r *testRepository, v0 bool) string {
	t.Helper()
	address := listen(t, func(conn net.Conn) {
		var first bytes.Buffer
		_, request, err := newPacketReader(io.TeeReader(conn, &first), maxPacket).next()
		if err != nil {
			return
		}
		if v0 {
			plain, _, _ := bytes.Cut(request, []byte("\x00\x00version=2"))
			first.Reset()
			first.WriteString(packet(string(plain) + "\x00"))
		}
		daemon := exec.CommandContext(t.Context(), "git", "daemon", "--inetd", "--export-all",
			"--base-path="+filepath.Dir(r.dir))
		daemon.Env = gitEnvironment()
		daemon.Stdout = conn
		serveProcess(daemon, io.MultiReader(&first, conn))
	})
	return "git://" + address + "/stacks"
}

// serveProcess runs the command with the input, and does not wait for the input to end once the command has.
func serveProcess(command *exec.Cmd, input io.Reader) {
	stdin, err := command.StdinPipe()
	if err != nil || command.Start() != nil {
		return
	}
	// Ends when the command no longer reads or the connection is closed, which whoever serves it does next.
	go func() {
		_, _ = io.Copy(stdin, input)
		stdin.Close()
	}()
	_ = command.Wait()
}

// listen serves each connection with the function, and closes it then. At the test's end all have come back.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	// Ends when the listener is closed and every connection is; the cleanup waits for it.
	go func() {
		defer close(ended)
		var served []chan struct{}
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			done := make(chan struct{})
			served = append(served, done)
			// Ends with the client, or with the test's context, which the commands and the wait below end with.
			go func() {
				defer close(done)
				defer conn.Close()
				defer context.AfterFunc(t.Context(), func() { conn.Close() })()
				serve(conn)
			}()
		}
		for _, done := range served {
			<-done
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("a connection is still served at the end of the test")
		}
	})
	return listener.Addr().String()
}

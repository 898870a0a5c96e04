package githost

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// WebOptions are the properties of a web server that hands repositories out.
type WebOptions struct {
	// DropVersion makes the server keep the header Git-Protocol to itself. Git then speaks version 0.
	DropVersion bool
	// Dumb makes the server send the repository's files, without git.
	Dumb bool
	// User and Password are needed if they are set.
	User, Password string
	// Digest asks for them by the scheme Digest and not by Basic. Only Apache knows it.
	Digest bool
	// MaxBody is the largest body of a request in bytes; 0 for the server's own limit.
	MaxBody int
}

// webServer is a web server as an ordinary process, with a configuration, logs and a process id of its own.
type webServer struct {
	t *testing.T
	// program is its path, ready a part of the line that it logs when it listens.
	program, ready string
	// dir is a directory for its files. Its path is short, because paths of sockets are.
	dir string
}

// asUser begins a command. Apache refuses to serve as root, so for root it gives a namespace in which root has another
// number.
func asUser() []string {
	if os.Geteuid() != 0 {
		return nil
	}
	return []string{"unshare", "--user", "--map-user=1000", "--map-group=1000"}
}

// newWebServer makes a directory for a server. It skips the test if a program is not installed, or if root gets no
// namespace.
func newWebServer(t *testing.T, program, ready string, others ...string) webServer {
	t.Helper()
	for _, file := range append(others, program) {
		if _, err := os.Stat(file); err != nil {
			t.Skipf("%s is not installed", file)
		}
	}
	if probe := append(asUser(), "true"); exec.CommandContext(t.Context(), probe[0], probe[1:]...).Run() != nil {
		t.Skip("this test needs a namespace for users, which unshare is not given here")
	}
	dir, err := os.MkdirTemp("", "web")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return webServer{t, program, ready, dir}
}

func (s webServer) file(name string) string { return filepath.Join(s.dir, name) }

func (s webServer) write(name, content string) string {
	s.t.Helper()
	if err := os.WriteFile(s.file(name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return s.file(name)
}

// users writes a file of one user with a password, in a form that nginx and Apache read (htpasswd(1), SHA-1).
func (s webServer) users(options WebOptions) string {
	sum := sha1.Sum([]byte(options.Password))
	return s.write("users", options.User+":{SHA}"+base64.StdEncoding.EncodeToString(sum[:])+"\n")
}

// start starts the server, which ends with the test, and returns its URL. configure gives the configuration for an
// address.
func (s webServer) start(configure func(address string) string, arguments ...string) string {
	s.t.Helper()
	var said string
	for range 5 { // another process may take the port
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		address := listener.Addr().String()
		listener.Close()
		s.write("conf", configure(address))
		var ready bool
		if said, ready = s.run(arguments); ready {
			return "http://" + address
		}
	}
	s.t.Fatalf("%s does not start: %s", s.program, said)
	return ""
}

// run runs the server until the end of the test. It returns when the server listens or has ended.
func (s webServer) run(arguments []string) (said string, ready bool) {
	s.t.Helper()
	command := append(append(asUser(), s.program), arguments...)
	server := exec.CommandContext(s.t.Context(), command[0], command[1:]...)
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGTERM) } // it ends its children, too
	server.WaitDelay = 10 * time.Second
	server.Env = Environment()
	log, err := server.StderrPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var heard strings.Builder
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		heard.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), s.ready) {
			drained := make(chan struct{})
			// Ends when the server and its children have ended; the cleanup waits for it.
			go func() {
				defer close(drained)
				_, _ = io.Copy(io.Discard, log)
			}()
			s.t.Cleanup(func() {
				<-drained
				_ = server.Wait() // the context of the test has ended the server
			})
			return heard.String(), true
		}
	}
	_ = server.Wait()
	return heard.String(), false
}

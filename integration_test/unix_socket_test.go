package integration_test

import (
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"
)

// LISTEN_ADDR=unix:/path.

// socketPath returns a path for a Unix socket, in a directory of its own. It is short: a socket's path has at most 107
// bytes.
func socketPath(t *testing.T) string {
	t.Helper()
	directory, err := os.MkdirTemp("", "s")
	is.New(t).NoErr(err)
	t.Cleanup(func() { os.RemoveAll(directory) })
	return filepath.Join(directory, "mooring.sock")
}

// startOn runs the service on a Unix socket and returns when it listens.
func startOn(t *testing.T, path string, variables ...string) *service {
	t.Helper()
	s := launch(t, t.TempDir(), append(variables, "LISTEN_ADDR=unix:"+path)...)
	s.logged("msg=listening", "address=unix:"+path)
	return s
}

// curl asks through a Unix socket and returns the status and the body.
func curl(t *testing.T, path string, arguments ...string) (status, body string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "curl", append([]string{
		"-s", "-S", "--unix-socket", path, "-w", "\n%{http_code}"}, arguments...)...)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("curl: %v: %s", err, output)
	}
	at := strings.LastIndex(string(output), "\n")
	return string(output[at+1:]), string(output[:at])
}

func TestServiceAnswersOnAUnixSocket(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	path := socketPath(t)
	old := syscall.Umask(0o077) // as in a hardened unit; the group can connect all the same
	s := launch(t, t.TempDir(), "GIT_URL="+repo.bare, "ALLOWED_HOSTS=mooring.example.com", "LISTEN_ADDR=unix:"+path)
	syscall.Umask(old)
	s.logged("msg=listening", "address=unix:"+path)
	info, err := os.Stat(path)
	is.NoErr(err)
	is.Equal(info.Mode(), fs.ModeSocket|0o660)

	status, body := curl(t, path, "-X", "POST", "http://mooring.example.com/api/v1/refresh?wait=30s")
	is.Equal(status, "200")
	is.True(strings.Contains(body, revision))
	status, body = curl(t, path, "http://localhost/api/v1/stacks")
	is.Equal(status, "421") // the check of host names is the same
	is.True(strings.Contains(body, `"misdirected"`))
	status, _ = curl(t, path, "http://localhost/healthz")
	is.Equal(status, "200")
	is.Equal(run(t, []string{"-healthcheck"}, "LISTEN_ADDR=unix:"+path), result{})

	s.finish()
	_, err = os.Lstat(path)
	is.True(os.IsNotExist(err)) // the stop removes it
	is.Equal(run(t, []string{"-healthcheck"}, "LISTEN_ADDR=unix:"+path).code, 1)
}

func TestUnixSocketThatACrashLeftBehindIsReplaced(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	path := socketPath(t)
	crashed := startOn(t, path, "GIT_URL="+repo.bare)
	is.Equal(crashed.stop(syscall.SIGKILL), -1)
	info, err := os.Lstat(path)
	is.NoErr(err)
	is.Equal(info.Mode().Type(), fs.ModeSocket) // left behind
	startOn(t, path, "GIT_URL="+repo.bare)
	status, _ := curl(t, path, "http://localhost/healthz")
	is.Equal(status, "200")
}

func TestUnixSocketInUseEndsTheStart(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	path := socketPath(t)
	s := startOn(t, path, "GIT_URL="+repo.bare)
	got := run(t, nil, "GIT_URL="+repo.bare, "LISTEN_ADDR=unix:"+path)
	is.Equal(got.code, 1)
	is.True(strings.Contains(got.stderr, "LISTEN_ADDR"))
	is.True(strings.Contains(got.stderr, "address already in use"))
	status, _ := curl(t, path, "http://localhost/healthz") // the first one still has its socket
	is.Equal(status, "200")
	s.finish()
}

func TestFileInThePlaceOfAUnixSocketIsKept(t *testing.T) {
	is := is.New(t)
	path := socketPath(t)
	is.NoErr(os.WriteFile(path, []byte("precious"), 0o600))
	got := run(t, nil, "GIT_URL="+t.TempDir(), "LISTEN_ADDR=unix:"+path)
	is.Equal(got.code, 1)
	is.True(strings.Contains(got.stderr, "LISTEN_ADDR cannot be opened: "+path+" is there, and is no socket"))
	is.Equal(contentOf(path), "precious")
}

// The start fails after LISTEN_ADDR was opened.
func TestStartThatFailsLeavesNoUnixSocket(t *testing.T) {
	is := is.New(t)
	path := socketPath(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	is.NoErr(err)
	defer taken.Close()
	got := run(t, nil, "GIT_URL="+t.TempDir(), "LISTEN_ADDR=unix:"+path, "METRICS_ADDR="+taken.Addr().String())
	is.Equal(got.code, 1)
	is.True(strings.Contains(got.stderr, "METRICS_ADDR"))
	_, err = os.Lstat(path)
	is.True(os.IsNotExist(err))
}

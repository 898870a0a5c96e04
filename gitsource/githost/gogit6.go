package githost

import (
	"net"
	"os/exec"
	"path/filepath"
	"testing"
)

// GoGit6 is a program that serves repositories with go-git 6, in the directory gogit6.
type GoGit6 struct{ program string }

// BuildGoGit6 builds the program for this machine. source is its directory.
func BuildGoGit6(t *testing.T, source string) GoGit6 {
	t.Helper()
	g := GoGit6{filepath.Join(t.TempDir(), "gogit6")}
	build := exec.CommandContext(t.Context(), "go", "build", "-C", source, "-o", g.program, ".")
	build.Env = append(Environment(), "GOARCH=", "GOOS=")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build go-git 6's server: %v: %s", err, output)
	}
	return g
}

// ServeHTTP serves the repository in a directory over HTTP until the end of the test, and returns its URL.
func (g GoGit6) ServeHTTP(t *testing.T, dir string) string {
	t.Helper()
	port := servePort(t, exec.CommandContext(t.Context(), g.program, "http", dir))
	return "http://127.0.0.1:" + port + "/" + filepath.Base(dir)
}

// ServeGit serves the repository in a directory over git:// until the end of the test, and returns its URL.
func (g GoGit6) ServeGit(t *testing.T, dir string) string {
	t.Helper()
	address := Listen(t, func(conn net.Conn) {
		server := exec.CommandContext(t.Context(), g.program, "git", dir)
		server.Stdout = conn
		serveProcess(server, conn)
	})
	return "git://" + address + "/" + filepath.Base(dir)
}

// ServeSSH serves the repository in a directory over SSH until the end of the test.
func (g GoGit6) ServeSSH(t *testing.T, dir string) SSHHost {
	t.Helper()
	return ServeSSH(t, At(t, dir), SSHOptions{Command: []string{g.program, "ssh", dir}})
}

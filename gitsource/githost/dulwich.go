package githost

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"
)

// dulwich is a program that serves the repository in a directory with Dulwich, and prints the port.
const dulwich = `
import sys
from dulwich.repo import Repo
from dulwich.server import DictBackend, TCPGitServer
from dulwich.web import make_server, make_wsgi_chain
kind, repository = sys.argv[1], Repo(sys.argv[2])
if kind == "git":
    server = TCPGitServer(DictBackend({b"/": repository}), "127.0.0.1", 0)
else:
    server = make_server("127.0.0.1", 0, make_wsgi_chain(DictBackend({"/": repository})))
print(server.server_address[1], flush=True)
server.serve_forever()
`

// ServeDulwich serves the repository in a directory with Dulwich until the end of the test, and returns its URL. scheme
// is "git" or "http". It skips the test if Dulwich is not installed (Debian: python3-dulwich).
func ServeDulwich(t *testing.T, scheme, dir string) string {
	t.Helper()
	const python = "/usr/bin/python3" // it finds what Debian has installed
	if exec.CommandContext(t.Context(), python, "-c", "import dulwich").Run() != nil {
		t.Skip("Dulwich is not installed")
	}
	server := exec.CommandContext(t.Context(), python, "-c", dulwich, scheme, dir)
	return scheme + "://127.0.0.1:" + servePort(t, server) + "/"
}

// servePort starts a server, which ends with the test, and returns the port that it prints.
func servePort(t *testing.T, server *exec.Cmd) string {
	t.Helper()
	server.Env = Environment()
	output, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() }) // the context of the test has ended the server
	port, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(port)
}

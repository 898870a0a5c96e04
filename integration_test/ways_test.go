package integration_test

import (
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"mooring/integration_test/lab"
)

// ways are all the ways to reach a repository: HTTP with protocol 2 and filters, HTTP with protocol 0, git daemon and
// sshd without filters and without single objects, and a local path. Each function serves a repository and returns the
// settings for it.
func ways() map[string]func(*testing.T, repository) []string {
	return map[string]func(*testing.T, repository) []string{
		"HTTP, version 2": func(t *testing.T, r repository) []string {
			return []string{"GIT_URL=" + serveRepository(t, r).url()}
		},
		"HTTP, version 0": func(t *testing.T, r repository) []string {
			host := serveRepository(t, r)
			host.Suffer(func(w http.ResponseWriter, r *http.Request, git http.Handler) {
				r.Header.Del("Git-Protocol")
				git.ServeHTTP(w, r)
			})
			return []string{"GIT_URL=" + host.url()}
		},
		"git daemon": func(t *testing.T, r repository) []string { return []string{"GIT_URL=" + serveDaemon(t, r)} },
		"SSH": func(t *testing.T, r repository) []string {
			key := newKey(t, "")
			host := serveSSH(t, key)
			return []string{"GIT_URL=" + host.url(r), "GIT_SSH_KEY_FILE=" + key,
				"GIT_SSH_KNOWN_HOSTS_FILE=" + host.knownHosts(host.hostKey("ed25519"))}
		},
		"local path": func(_ *testing.T, r repository) []string { return []string{"GIT_URL=" + r.bare} },
	}
}

// inEachFormat runs a test for repositories whose ids have either format.
func inEachFormat(t *testing.T, test func(t *testing.T, format string)) {
	t.Helper()
	for _, format := range []string{formatSHA1, formatSHA256} {
		t.Run(format, func(t *testing.T) { test(t, format) })
	}
}

// overEveryWay runs a test for repositories whose ids have either format, over every way to reach them. All run side by
// side.
func overEveryWay(t *testing.T, test func(t *testing.T, format string, at func(*testing.T, repository) []string)) {
	t.Helper()
	inEachFormat(t, func(t *testing.T, format string) {
		for way, at := range ways() {
			t.Run(way, func(t *testing.T) {
				t.Parallel()
				test(t, format, at)
			})
		}
	})
}

// serveDaemon runs git daemon, one process for each connection, and returns the repository's URL. Filters are off
// unless the repository's configuration has them.
func serveDaemon(t *testing.T, r repository) string {
	t.Helper()
	address := listen(t, func(conn net.Conn) {
		socket, err := conn.(*net.TCPConn).File()
		if err != nil {
			return
		}
		defer socket.Close()
		daemon := exec.Command("git", "daemon", "--inetd", "--export-all", "--base-path="+filepath.Dir(r.bare))
		daemon.Env = lab.GitEnvironment()
		daemon.Stdin, daemon.Stdout, daemon.Stderr = socket, socket, io.Discard
		_ = daemon.Run() // the client gets its error
	})
	return "git://" + address + "/" + filepath.Base(r.bare)
}

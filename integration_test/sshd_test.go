package integration_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// sshHost is OpenSSH's server as an ordinary process of the test, with keys and a configuration of its own.
type sshHost struct {
	t *testing.T
	// directory holds its configuration and keys.
	directory string
	address   string
}

// newKey makes a private key in a file, and its public half in FILE.pub. One round of hashing the passphrase is enough
// here.
func newKey(t *testing.T, passphrase string) string {
	t.Helper()
	return newKeyOf(t, "ed25519", passphrase)
}

func newKeyOf(t *testing.T, kind, passphrase string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	output, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", kind, "-a", "1", "-C", "test", "-N", passphrase,
		"-f", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, output)
	}
	return file
}

// acceptProtocol lets clients choose the version of Git's protocol, as Git hosts do. A plain sshd gives them version 0.
const acceptProtocol = "AcceptEnv GIT_PROTOCOL"

// serveSSH runs the server for the owner of the key. Lines are added to its configuration.
func serveSSH(t *testing.T, key string, lines ...string) sshHost {
	t.Helper()
	is := is.New(t)
	program, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		t.Fatal("these tests need sshd, which is not installed here: apt-get install openssh-server")
	}
	separate(t)
	h := sshHost{t: t, directory: t.TempDir()}
	for _, kind := range []string{"ed25519", "ecdsa"} {
		made := newKeyOf(t, kind, "")
		for _, end := range []string{"", ".pub"} {
			is.NoErr(os.Rename(made+end, h.hostKey(kind)+end))
		}
	}
	configuration := append([]string{
		"HostKey " + h.hostKey("ed25519"), "HostKey " + h.hostKey("ecdsa"), "AuthorizedKeysFile " + key + ".pub",
		"StrictModes no", "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PidFile none",
		"PermitRootLogin yes",
		// A bash that sshd starts at level 0 would read what the user has set up for terminals.
		"SetEnv GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 SHLVL=1",
	}, lines...)
	file := filepath.Join(h.directory, "sshd_config")
	is.NoErr(os.WriteFile(file, []byte(strings.Join(configuration, "\n")+"\n"), 0o600))
	h.address = listen(t, func(conn net.Conn) {
		socket, err := conn.(*net.TCPConn).File()
		if err != nil {
			return
		}
		defer socket.Close()
		// One process for each connection, as inetd would start it. So there is no free port to find or to wait for.
		server := exec.Command(program, "-i", "-e", "-f", file)
		server.Stdin, server.Stdout = socket, socket
		_ = server.Run() // the client gets its error
	})
	return h
}

// separate makes the directory that sshd needs if root runs it. The start script of sshd makes it too.
func separate(t *testing.T) {
	t.Helper()
	const directory = "/run/sshd"
	if os.Getuid() != 0 {
		return
	}
	if err := os.Mkdir(directory, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
}

func (h sshHost) hostKey(kind string) string { return filepath.Join(h.directory, "host_"+kind) }

// url names the repository at the host, for the user who runs the test.
func (h sshHost) url(r repository) string {
	h.t.Helper()
	who, err := user.Current()
	is.New(h.t).NoErr(err)
	return "ssh://" + who.Username + "@" + h.address + r.bare
}

// knownHosts returns a file that lists these keys for the host.
func (h sshHost) knownHosts(keys ...string) string {
	h.t.Helper()
	file := filepath.Join(h.t.TempDir(), "known_hosts")
	h.know(file, keys...)
	return file
}

// know writes the file anew.
func (h sshHost) know(file string, keys ...string) {
	h.t.Helper()
	is := is.New(h.t)
	name, port, err := net.SplitHostPort(h.address)
	is.NoErr(err)
	var lines strings.Builder
	for _, key := range keys {
		public, err := os.ReadFile(key + ".pub")
		is.NoErr(err)
		lines.WriteString("[" + name + "]:" + port + " " + string(public))
	}
	is.NoErr(os.WriteFile(file, []byte(lines.String()), 0o600))
}

// listen serves each connection on a goroutine of its own, closes it then, and at the end of the test waits for all.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	ended := make(chan struct{})
	stopping, stop := context.WithCancel(context.Background())
	// Ends when the listener is closed and every connection has been served; the cleanup waits for it.
	go func() {
		defer close(ended)
		var served []<-chan struct{}
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			done := make(chan struct{})
			served = append(served, done)
			// Ends with the client, or when the test's end closes the connection; the loop's end waits for it.
			go func() {
				defer close(done)
				defer conn.Close()
				defer context.AfterFunc(stopping, func() { conn.Close() })()
				serve(conn)
			}()
		}
		for _, done := range served {
			<-done
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		stop()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Error("a connection is still served at the end of the test")
		}
	})
	return listener.Addr().String()
}

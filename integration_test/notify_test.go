package integration_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// manager is the socket of a service manager (sd_notify(3)).
func manager(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	is.New(t).NoErr(err)
	t.Cleanup(func() { socket.Close() })
	return socket
}

// told returns the next state that a manager receives.
func told(t *testing.T, socket *net.UnixConn) string {
	t.Helper()
	is := is.New(t)
	is.NoErr(socket.SetReadDeadline(time.Now().Add(patience)))
	state := make([]byte, 1024)
	n, err := socket.Read(state)
	is.NoErr(err)
	return string(state[:n])
}

func TestServiceManagerIsToldOfStartAndStop(t *testing.T) {
	repo, _ := with(t, twoStacks())
	directory, err := os.MkdirTemp("", "s") // a socket's path has at most 107 bytes
	is.New(t).NoErr(err)
	t.Cleanup(func() { os.RemoveAll(directory) })
	names := []string{filepath.Join(directory, "notify")}
	if runtime.GOOS == "linux" {
		names = append(names, fmt.Sprintf("@mooring-test-%d", os.Getpid()))
	}
	for _, name := range names {
		for _, variables := range [][]string{{}, {"HEADLESS=true", "POLL_INTERVAL=1h"}} {
			is := is.New(t)
			socket := manager(t, name)
			s := launch(t, t.TempDir(), append(variables, "GIT_URL="+repo.bare, "NOTIFY_SOCKET="+name)...)
			is.Equal(told(t, socket), "READY=1")
			if len(variables) == 0 {
				s.address = lab.Field(s.logged("msg=listening"), "address")
				is.Equal(s.get("/healthz").status, 200)
			}
			s.finish()
			is.Equal(told(t, socket), "STOPPING=1")
			is.NoErr(socket.Close())
			os.Remove(name)
		}
	}
}

func TestServiceManagerThatDoesNotReadStopsNothing(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	directory, err := os.MkdirTemp("", "s") // a socket's path has at most 107 bytes
	is.NoErr(err)
	t.Cleanup(func() { os.RemoveAll(directory) })
	name := filepath.Join(directory, "notify")
	manager(t, name)
	fill(t, name)
	s := start(t, "GIT_URL="+repo.bare, "NOTIFY_SOCKET="+name)
	s.awaitRevision(revision)
	s.logged("level=WARN", "NOTIFY_SOCKET", `state="READY=1"`)
	s.finish()
}

// fill sends to a socket until it is full.
func fill(t *testing.T, name string) {
	t.Helper()
	is := is.New(t)
	connection, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	is.NoErr(err)
	t.Cleanup(func() { connection.Close() })
	raw, err := connection.SyscallConn()
	is.NoErr(err)
	is.NoErr(raw.Write(func(descriptor uintptr) bool {
		for err == nil {
			_, err = syscall.Write(int(descriptor), []byte("WATCHDOG=1"))
		}
		return true
	}))
	is.True(err != nil) // the socket is full, and a write does not block
}

func TestServiceManagerThatIsDeafStopsNothing(t *testing.T) {
	repo, revision := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare, "NOTIFY_SOCKET="+filepath.Join(t.TempDir(), "none"))
	s.awaitRevision(revision)
	s.logged("level=WARN", "NOTIFY_SOCKET")
}

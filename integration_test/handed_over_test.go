package integration_test

import (
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// Sockets that systemd hands over.

// opened returns a listening socket as a file, and its address. A Unix socket is at a path, and TCP is on a free port.
func opened(t *testing.T, network, address string) (*os.File, string) {
	t.Helper()
	is := is.New(t)
	listener, err := net.Listen(network, address)
	is.NoErr(err)
	t.Cleanup(func() { listener.Close() }) // the manager keeps its copy open
	file, err := listener.(interface{ File() (*os.File, error) }).File()
	is.NoErr(err)
	t.Cleanup(func() { file.Close() })
	return file, listener.Addr().String()
}

func TestSocketsThatAreHandedOverTakeThePlaceOfAddresses(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	api, address := opened(t, "tcp", "127.0.0.1:0")
	second, path := opened(t, "unix", socketPath(t))
	metrics, scraped := opened(t, "tcp", "127.0.0.1:0")
	s := launchWith(t, lab.Launch{
		Directory: t.TempDir(), Sockets: []*os.File{api, metrics, second}, Names: []string{"mooring.socket", "metrics", ""},
	}, "GIT_URL="+repo.bare, "LISTEN_ADDR=192.0.2.1:80", "METRICS_ADDR=192.0.2.1:81") // nobody can listen there
	s.address = address
	s.logged("msg=listening", "address="+address)
	s.logged("msg=listening", "address=unix:"+path)
	s.logged("serving metrics", "address="+scraped)
	s.awaitRevision(revision)
	status, body := curl(t, path, "http://localhost/api/v1/stacks")
	is.Equal(status, "200")
	is.Equal(body, s.get("/api/v1/stacks").body)
	answer, err := lab.Ask(t.Context(), s.http, http.MethodGet, "http://"+scraped+"/metrics", "")
	is.NoErr(err)
	is.Equal(answer.Status, http.StatusOK)
	s.finish()
	_, err = os.Lstat(path)
	is.NoErr(err) // it is the manager's
}

// A client that connects while no service runs waits for the next one.
func TestSocketOfTheManagerOutlivesTheService(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	socket, address := opened(t, "tcp", "127.0.0.1:0")
	parameters := lab.Launch{Directory: t.TempDir(), Sockets: []*os.File{socket}, Names: []string{"mooring.socket"}}
	first := launchWith(t, parameters, "GIT_URL="+repo.bare)
	first.logged("msg=listening")
	first.finish()
	first.address = address
	waiting := first.later(http.MethodGet, "/healthz")
	second := launchWith(t, parameters, "GIT_URL="+repo.bare)
	is.Equal((<-waiting).status, http.StatusOK)
	second.finish()
}

// The process id in LISTEN_PID is another one: the sockets are for another program.
func TestSocketsOfAnotherProcessAreLeftAlone(t *testing.T) {
	repo, revision := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare, "LISTEN_FDS=1", "LISTEN_PID=1", "LISTEN_FDNAMES=x")
	s.awaitRevision(revision)
}

func TestSocketForHTTPAndHeadlessExcludeEachOther(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	socket, _ := opened(t, "tcp", "127.0.0.1:0")
	variables := []string{"GIT_URL=" + repo.bare, "HEADLESS=true", "POLL_INTERVAL=1h"}
	parameters := lab.Launch{Directory: t.TempDir(), Sockets: []*os.File{socket}, Names: []string{"mooring.socket"}}
	s := launchWith(t, parameters, variables...)
	s.logged("HEADLESS", "socket unit")
	is.Equal(s.exit(), 2)
	parameters.Names[0] = "metrics"
	s = launchWith(t, parameters, variables...)
	s.logged("serving metrics")
	s.logged("refresh completed")
	is.Equal(s.count("msg=listening"), 0)
}

func TestDatagramSocketCannotBeServed(t *testing.T) {
	is := is.New(t)
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	is.NoErr(err)
	defer socket.Close()
	file, err := socket.(*net.UDPConn).File()
	is.NoErr(err)
	defer file.Close()
	s := launchWith(t, lab.Launch{Directory: t.TempDir(), Sockets: []*os.File{file}, Names: []string{"mooring.socket"}},
		"GIT_URL="+t.TempDir())
	line := s.logged("LISTEN_FDS")
	is.True(strings.Contains(line, "ListenStream="))
	is.Equal(s.exit(), 2)
}

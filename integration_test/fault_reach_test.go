package integration_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// Hosts that cannot be reached.

// A name that no DNS server knows, and a port where nobody listens.
func TestHostThatCannotBeFoundOrRefusesIsUnreachable(t *testing.T) {
	for address, says := range map[string]string{
		"http://git..invalid/x.git": "git..invalid cannot be resolved",
		"ssh://git@git..invalid/x":  "git..invalid cannot be resolved",
		"git://git..invalid/x":      "git..invalid cannot be resolved",
		"http://127.0.0.1:1/x.git":  "127.0.0.1:1 refuses connections",
		"https://127.0.0.1:1/x.git": "127.0.0.1:1 refuses connections",
		"git://127.0.0.1:1/x.git":   "127.0.0.1:1 refuses connections",
	} {
		t.Run(address, func(t *testing.T) {
			key, hosts := newKey(t, ""), newSecretFile(t, "")
			got := run(t, []string{"-once"}, "GIT_URL="+address, "GIT_SSH_KEY_FILE="+key,
				"GIT_SSH_KNOWN_HOSTS_FILE="+hosts.path)
			is := is.New(t)
			is.Equal(got.code, 1)
			is.True(strings.Contains(got.stderr, "mooring: git_unreachable: "))
			is.True(strings.Contains(got.stderr, says))
		})
	}
}

// door is a Git host's server that can be closed and opened again at the same address.
type door struct {
	t       *testing.T
	address string
	behind  http.Handler
	server  *httptest.Server
}

// newDoor opens a door. Each test process has a loopback address of its own, so that no other process takes the port
// while the door is closed.
func newDoor(t *testing.T, behind http.Handler) *door {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("Linux alone has all of 127.0.0.0/8")
	}
	pid := os.Getpid()
	d := &door{t: t, behind: behind}
	d.address = fmt.Sprintf("127.%d.%d.%d:0", 64|pid>>16&63, pid>>8&255, pid&255)
	d.open()
	d.address = d.server.Listener.Addr().String()
	t.Cleanup(func() { d.server.Close() })
	return d
}

func (d *door) open() {
	d.t.Helper()
	listener, err := net.Listen("tcp", d.address)
	is.New(d.t).NoErr(err)
	d.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: d.behind}}
	d.server.Start()
}

// close refuses connections from now on, and ends the open ones.
func (d *door) close() { d.server.Close() }

// A host that goes away after a refresh, as for an upgrade, and comes back at its address.
func TestHostThatRefusesConnectionsForAWhileIsFollowedAgain(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, first := with(t, twoStacks())
	host := newDoor(t, serveRepository(t, repo).Server.Config.Handler)
	s := start(t, "GIT_URL=http://"+host.address+"/repository.git")
	s.awaitRevision(first)
	s.logged("refresh completed")
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	before := s.get("/api/v1/stacks")

	host.close()
	failed := s.refresh()
	faultCase{code: "git_unreachable", says: host.address + " refuses connections"}.isTold(t, failed.Error)
	s.keeps(before, first, failed)

	host.open()
	is.Equal(s.awaitRevision(next).paths(), []string{"db/main", "new", "web"})
	is.Equal(s.status().Last.Trigger.Source, "poll") // nobody has asked
	is.Equal(s.status().Failures, 0)
}

package integration_test

import (
	"net/url"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// host is a Git host that serves one repository until the test ends.
type host struct {
	t *testing.T
	lab.Host
	repository lab.Repository
}

func serveRepository(t *testing.T, r repository) host {
	t.Helper()
	served, err := lab.StartHost(t.Context(), filepath.Dir(r.bare))
	is.New(t).NoErr(err)
	t.Cleanup(served.Close)
	return host{t, served, lab.Repository{Path: r.bare}}
}

// url returns the repository's address, with credentials if a user is given.
func (h host) url(credentials ...string) string {
	address, err := url.Parse(h.Address(h.repository))
	is.New(h.t).NoErr(err)
	if len(credentials) == 2 {
		address.User = url.UserPassword(credentials[0], credentials[1])
	}
	return address.String()
}

// reached returns when a request is under way at the host.
func (h host) reached() {
	h.t.Helper()
	await(h.t, h.State, "a request at the Git host", func(s lab.HostState) bool { return s.UnderWay > 0 })
}

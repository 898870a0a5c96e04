package transport

import (
	"net/url"
	"testing"

	"github.com/matryer/is"
)

// Credentials are sent to the address in GIT_URL, and to the same host with TLS if both addresses have the usual ports.
// Another port may belong to somebody else's service.
func TestCredentialsGoToTheNamedHostAndItsOwnTLSAlone(t *testing.T) {
	for _, c := range []struct {
		home, at string
		shown    bool
	}{
		{"http://h", "http://h", true}, {"https://h", "https://h", true}, {"http://h:8080", "http://h:8080", true},
		{"http://Git.Example", "http://git.EXAMPLE", true}, {"http://[::1]:8080", "http://[::1]:8080", true},

		{"http://h", "https://h", true}, {"http://H", "https://h", true}, {"http://h:80", "https://h", true},
		{"http://h", "https://h:443", true}, {"http://h:80", "https://h:443", true}, {"http://[::1]", "https://[::1]", true},

		{"http://h", "https://h:8443", false}, {"http://h", "https://h:80", false}, {"http://h:8080", "https://h", false},
		{"http://h:8080", "https://h:8080", false}, {"http://h:8080", "https://h:443", false},
		{"http://h:443", "https://h", false},
		{"http://h", "http://h:8080", false}, {"http://h:8080", "http://h", false}, {"http://h:8080", "http://h:8081", false},
		{"https://h", "https://h:8443", false}, {"https://h:8443", "https://h", false},

		{"https://h", "http://h", false}, {"https://h:443", "http://h:443", false}, {"https://h:443", "http://h:80", false},

		{"http://h", "http://other", false}, {"http://h", "https://other", false}, {"https://h", "https://h.other", false},
		{"https://h", "https://git.h", false}, {"https://h", "https://hh", false}, {"https://h.", "https://h", false},
		{"http://127.0.0.1", "https://localhost", false}, {"http://[::1]", "https://[::2]", false},
	} {
		home, err := url.Parse(c.home)
		is.New(t).NoErr(err)
		at, err := url.Parse(c.at)
		is.New(t).NoErr(err)
		if maySendCredentials(home, at) != c.shown {
			t.Errorf("what was given for %s is shown to %s: %t", home, at, !c.shown)
		}
	}
}

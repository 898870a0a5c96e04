package gitsource

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

// TestAnEchoedSecretIsRedactedHoweverTheTextIsCut holds texts of a host to the order in which they are made fit to be
// shown: first the secrets go, then blanks are joined and the end is cut off, for both would hide a secret's shape.
func TestAnEchoedSecretIsRedactedHoweverTheTextIsCut(t *testing.T) {
	const secret = "ab  cd\tef-0123456789"
	for name, text := range map[string]string{
		"with its blanks":             "no entry for " + secret,
		"at the end of what is shown": strings.Repeat("x", maxText-12) + " " + secret,
	} {
		for way, echo := range map[string]func(*testing.T, string) Settings{"HTTP": echoOverHTTP, "git": echoOverGit} {
			t.Run(name+" over "+way, func(t *testing.T) {
				settings := echo(t, text)
				settings.Password = func() (string, error) { return secret, nil }
				message := openFailure(t, settings).Message
				for _, part := range []string{"ab cd", "cd ef", "ef-0", "ab "} {
					if strings.Contains(message, part) {
						t.Errorf("%q shows %q", message, part)
					}
				}
				is.New(t).True(strings.Contains(message, redacted[:1]))
			})
		}
	}
}

// echoOverHTTP is a host that answers 403 with the text.
func echoOverHTTP(t *testing.T, text string) Settings {
	plain := map[string]string{"Content-Type": "text/plain"}
	host := serveHTTP(t, newTestRepository(t), httpOptions{instead: answering(http.StatusForbidden, plain, text)})
	return Settings{URL: host.url()}
}

// echoOverGit is a host that answers with the text in an error packet.
func echoOverGit(t *testing.T, text string) Settings {
	address := listen(t, func(conn net.Conn) {
		if _, _, err := newPacketReader(conn, maxPacket).next(); err == nil {
			_, _ = io.WriteString(conn, packet("ERR denied: "+text+"\n"))
		}
	})
	return Settings{URL: fmt.Sprintf("git://%s/stacks", address)}
}

// A proxy that refuses a tunnel is told from a Git host that refuses a request, and its words are not shown: it has seen
// the password that belongs to it.
func TestAProxyThatRefusesATunnelIsNamed(t *testing.T) {
	is := is.New(t)
	for status, says := range map[int]string{
		http.StatusProxyAuthRequired: "The proxy wants credentials; give them in HTTPS_PROXY or HTTP_PROXY.",
		http.StatusForbidden:         "The proxy does not connect to the Git host: 403 Forbidden.",
		http.StatusBadGateway:        "The proxy does not connect to the Git host: 502 Bad Gateway.",
	} {
		failure := classify(refusedTunnel(status))
		is.Equal(failure.Code, actors.CodeUnreachable)
		is.Equal(failure.Message, says)
	}
	is.NoErr(refusedTunnel(http.StatusOK))
}

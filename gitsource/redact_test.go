package gitsource

import (
	"bytes"
	"errors"
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
		for way, echo := range map[string]func(*testing.T, string) Settings{
			"HTTP": echoOverHTTP, "git": echoOverGit, "side band": echoOnSideBand(protocolV2),
			"side band of version 0": echoOnSideBand(protocolV0),
		} {
			t.Run(name+" over "+way, func(t *testing.T) {
				settings := echo(t, text)
				settings.Password = func() (string, error) { return secret, nil }
				message := fetchFailure(t, settings).Message
				for _, part := range []string{"ab cd", "cd ef", "ef-0", "ab "} {
					if strings.Contains(message, part) {
						t.Errorf("%q shows %q", message, part)
					}
				}
				if !strings.Contains(message, redacted[:1]) {
					t.Errorf("%q shows no sign of it", message)
				}
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

// echoOnSideBand is a host that answers to a fetch with the text on the third side band.
func echoOnSideBand(version protocolVersion) func(*testing.T, string) Settings {
	return func(t *testing.T, text string) Settings {
		repository := newTestRepository(t)
		repository.commit("docker-compose.yml", "a")
		through := serveHTTP(t, repository, httpOptions{v0: version == protocolV0})
		host := serveHTTP(t, repository, httpOptions{instead: func(w http.ResponseWriter, q *http.Request) bool {
			body, _ := io.ReadAll(q.Body)
			q.Body = io.NopCloser(bytes.NewReader(body))
			q.Header.Del("Authorization") // which the other host does not ask for
			answer := forward(through, q)
			content := answer.Body.String()
			if bytes.Contains(body, []byte("want ")) {
				content = map[protocolVersion]string{protocolV0: lines("", "\x03"+text), protocolV2: lines("packfile\n", "\x03"+text)}[version]
			}
			w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
			w.WriteHeader(answer.Code)
			_, _ = io.WriteString(w, content)
			return true
		}})
		return Settings{URL: host.url()}
	}
}

// fetchFailure is the failure of a whole fetch.
func fetchFailure(t *testing.T, settings Settings) *actors.Failure {
	t.Helper()
	settings.DeployDir, settings.ComposeFiles = ".", []string{"docker-compose.yml"}
	source, err := New(settings)
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Fetch(t.Context(), actors.DesiredState{})
	var failure *actors.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("not a failure: %v", err)
	}
	return failure
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

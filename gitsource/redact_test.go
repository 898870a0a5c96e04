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

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/pktline"
	"mooring/gitsource/protocol"
)

// In TestAnEchoedSecretIsRedactedHoweverTheTextIsCut a host repeats the secret at places where a later search would
// miss it: secrets must be removed before blanks are joined and the end is cut off.
func TestAnEchoedSecretIsRedactedHoweverTheTextIsCut(t *testing.T) {
	const secret = "ab  cd\tef-0123456789"
	for name, text := range map[string]string{
		"with its blanks":             "no entry for " + secret,
		"at the end of what is shown": strings.Repeat("x", fault.MaxText-12) + " " + secret,
	} {
		for way, echo := range map[string]func(*testing.T, string) Settings{
			"HTTP": echoOverHTTP, "git": echoOverGit, "side band": echoOnSideBand(protocol.V2),
			"side band of version 0": echoOnSideBand(protocol.V0),
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
				if !strings.Contains(message, "*") {
					t.Errorf("%q shows no sign of it", message)
				}
			})
		}
	}
}

// echoOverHTTP is a host that answers 403 with the text.
func echoOverHTTP(t *testing.T, text string) Settings {
	plain := map[string]string{"Content-Type": "text/plain"}
	host := githost.ServeHTTP(t, githost.New(t), githost.HTTPOptions{Instead: githost.Answering(http.StatusForbidden, plain, text)})
	return Settings{URL: host.Repository()}
}

// echoOverGit is a host that answers with the text in an error packet.
func echoOverGit(t *testing.T, text string) Settings {
	address := githost.Listen(t, func(conn net.Conn) {
		if _, _, err := pktline.NewReader(conn, pktline.MaxSize).Next(); err == nil {
			_, _ = io.WriteString(conn, pktline.Encode("ERR denied: "+text+"\n"))
		}
	})
	return Settings{URL: fmt.Sprintf("git://%s/stacks", address)}
}

// echoOnSideBand is a host that answers to a fetch with the text on the third side band.
func echoOnSideBand(version protocol.Version) func(*testing.T, string) Settings {
	return func(t *testing.T, text string) Settings {
		repository := githost.New(t)
		repository.Commit("docker-compose.yml", "a")
		through := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: version == protocol.V0})
		host := githost.ServeHTTP(t, repository, githost.HTTPOptions{Instead: func(w http.ResponseWriter, q *http.Request) bool {
			body, _ := io.ReadAll(q.Body)
			q.Body = io.NopCloser(bytes.NewReader(body))
			q.Header.Del("Authorization") // the other host does not ask for it
			answer := githost.Forward(through, q)
			content := answer.Body.String()
			if bytes.Contains(body, []byte("want ")) {
				content = map[protocol.Version]string{protocol.V0: githost.Lines("", "\x03"+text), protocol.V2: githost.Lines("packfile\n", "\x03"+text)}[version]
			}
			w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
			w.WriteHeader(answer.Code)
			_, _ = io.WriteString(w, content)
			return true
		}})
		return Settings{URL: host.Repository()}
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

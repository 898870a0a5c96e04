package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/protocol"
)

// certificateFile holds the host's certificate in PEM.
func certificateFile(t *testing.T, host *githost.HTTPHost) string {
	t.Helper()
	return githost.WriteFile(t, "ca.pem", githost.PEM(host.Certificate().Raw))
}

func TestAnAnswerThatBreaksOffIsAFailureOfTheHost(t *testing.T) {
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	begin := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
	}
	for name, test := range map[string]struct {
		tls     bool
		instead func(http.ResponseWriter)
		code    actors.Code
	}{
		"a stream of HTTP/2 is reset": {true, func(w http.ResponseWriter) {
			begin(w)
			panic(http.ErrAbortHandler)
		}, actors.CodeUnreachable},
		"chunks are not as they should be": {false, func(w http.ResponseWriter) {
			begin(w)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "no chunk\r\n")
		}, actors.CodeProtocol},
		"it says that it is compressed": {false, func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			begin(w)
			_, _ = io.WriteString(w, "this is not, however long it goes on")
		}, actors.CodeProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			host := githost.ServeHTTP(t, repository, githost.HTTPOptions{TLS: test.tls, Instead: func(w http.ResponseWriter, q *http.Request) bool {
				if q.Method == http.MethodPost {
					test.instead(w)
				}
				return q.Method == http.MethodPost
			}})
			settings := location.Settings{URL: host.Repository()}
			if test.tls {
				settings.CAFile = certificateFile(t, host)
			}
			is.Equal(openFailure(t, settings).Code, test.code)
		})
	}
}

func TestATLSCertificateMustBeTrusted(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{TLS: true})

	failure := openFailure(t, location.Settings{URL: host.Repository()})
	is.Equal(failure.Code, actors.CodeUntrusted)
	is.True(strings.Contains(failure.Message, "GIT_CA_FILE"))

	trusted := location.Settings{URL: host.Repository(), CAFile: certificateFile(t, host)}
	is.Equal(unpackedCount(t, openSession(t, newTestRemote(t, trusted), protocol.Facts{}), tip), 3)
	for _, request := range host.Saw() {
		is.Equal(request.Version, "HTTP/2.0")
	}

	trusted.URL = strings.Replace(host.Repository(), "127.0.0.1", "localhost", 1) // httptest's certificate is for example.com and 127.0.0.1
	failure = openFailure(t, trusted)
	is.Equal(failure.Code, actors.CodeUntrusted)
	is.True(strings.Contains(failure.Message, "other names than localhost"))
}

func TestPlainHTTPAtAnHTTPSAddressIsProtocol(t *testing.T) {
	is := is.New(t)
	host := githost.ServeHTTP(t, githost.New(t), githost.HTTPOptions{})
	failure := openFailure(t, location.Settings{URL: strings.Replace(host.Repository(), "http:", "https:", 1)})
	is.Equal(failure.Code, actors.CodeProtocol)
	is.True(strings.Contains(failure.Message, "does not speak TLS"))
}

func TestARefusedOrResetConnectionIsUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := listener.Addr().String()
	listener.Close()
	reset := githost.Listen(t, func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) })
	silent := githost.Listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
	for name, address := range map[string]string{"refused": refused, "reset": reset, "closed": silent} {
		for _, scheme := range []string{"http", "https", "ssh"} {
			t.Run(name+" over "+scheme, func(t *testing.T) {
				is := is.New(t)
				key := githost.NewKeyFile(t)
				is.Equal(openFailure(t, location.Settings{URL: fmt.Sprintf("%s://%s/stacks", scheme, address), SSHKeyFile: key.File,
					SSHKnownHostsFile: githost.KnownHostsFile(t, address, key.Public)}).Code, actors.CodeUnreachable)
			})
		}
	}
}

func TestAKeptConnectionThatTheHostClosedIsReplaced(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
	remote := newTestRemote(t, location.Settings{URL: host.Repository()})
	facts := openSession(t, remote, protocol.Facts{}).Facts()
	for range 20 { // net/http notices some of them by itself
		host.CloseClientConnections()
		is.Equal(openSession(t, remote, facts).Tip(), tip)
	}
}

func TestEveryHandshakeEndsWithTheContext(t *testing.T) {
	for _, scheme := range []string{"ssh", "git", "https"} {
		t.Run(scheme, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithCancel(t.Context())
			hungUp := make(chan struct{}, 1)
			address := githost.Listen(t, func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 1))
				cancel()
				_, _ = io.Copy(io.Discard, conn)
				hungUp <- struct{}{}
			})
			key := githost.NewKeyFile(t)
			_, err := newTestRemote(t, location.Settings{URL: scheme + "://" + address + "/stacks", SSHKeyFile: key.File,
				SSHKnownHostsFile: githost.KnownHostsFile(t, address, key.Public)}).Open(ctx, protocol.Facts{})
			is.Equal(fault.Of(err).Code, actors.CodeTimeout)
			select {
			case <-hungUp:
			case <-time.After(10 * time.Second):
				t.Error("the connection stays open")
			}
		})
	}
}

package transport

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/protocol"
)

// serveTLS serves a handler over TLS with this configuration, and returns its URL.
func serveTLS(t *testing.T, handler http.Handler, config *tls.Config, http2 bool) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS, server.EnableHTTP2 = config, http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// clientFiles are settings with a client certificate.
func clientFiles(t *testing.T, certificate tls.Certificate) location.Settings {
	t.Helper()
	return location.Settings{
		ClientCertFile: githost.WriteFile(t, "client.pem", githost.CertificatePEM(certificate)),
		ClientKeyFile:  githost.WriteFile(t, "client.key", githost.KeyPEM(t, certificate)),
	}
}

func TestEachFlawOfAServersCertificateHasItsSentence(t *testing.T) {
	authority := githost.NewAuthority(t)
	trusted := githost.WriteFile(t, "ca.pem", authority.PEM())
	for name, test := range map[string]struct {
		change func(*x509.Certificate)
		ca     string
		says   string
	}{
		"no subjectAltName": {func(c *x509.Certificate) { c.IPAddresses = nil }, trusted,
			"has no subjectAltName, so it is valid for no host: its common name does not count any more; have it issued again with 127.0.0.1"},
		"no subjectAltName, the name itself": {func(c *x509.Certificate) { c.IPAddresses, c.Subject.CommonName = nil, "127.0.0.1" }, trusted,
			"has no subjectAltName"},
		"another name": {func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"git.example.com"} }, trusted,
			"is for other names than 127.0.0.1; check GIT_URL"},
		"a mail address": {func(c *x509.Certificate) { c.IPAddresses, c.EmailAddresses = nil, []string{"a@b"} }, trusted,
			"is for other names than 127.0.0.1; check GIT_URL"},
		"expired":       {func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, trusted, "has expired; have it renewed"},
		"not valid yet": {func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }, trusted, "is not valid before "},
		"unknown":       {nil, "", "not signed by a trusted authority; set GIT_CA_FILE"},
		"for clients": {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, trusted,
			"is not valid: x509: certificate specifies an incompatible key usage"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			config := &tls.Config{Certificates: []tls.Certificate{authority.Sign(t, test.change)}}
			url := serveTLS(t, http.NotFoundHandler(), config, true)
			failure := openFailure(t, location.Settings{URL: url + "/stacks", CAFile: test.ca})
			is.Equal(failure.Code, actors.CodeUntrusted)
			is.True(strings.HasPrefix(failure.Message, "The Git host's TLS certificate "))
			if !strings.Contains(failure.Message, test.says) {
				t.Errorf("%q does not say %q", failure.Message, test.says)
			}
		})
	}
}

// In TLS 1.3 a client's handshake succeeds before the host looks at its certificate, and over HTTP/2 the host's alert
// is often lost when it closes the connection.
func TestAHostThatWantsAClientCertificateIsTold(t *testing.T) {
	authority, stranger := githost.NewAuthority(t), githost.NewAuthority(t)
	ca := githost.WriteFile(t, "ca.pem", authority.PEM())
	for name, test := range map[string]struct {
		settings location.Settings
		says     string
	}{
		"none": {location.Settings{}, "wants a client certificate (it"},
		"one of another authority": {clientFiles(t, stranger.Sign(t, nil)),
			"refuses the client certificate of GIT_CLIENT_CERT_FILE (it"},
	} {
		for version, way := range map[string]*tls.Config{"1.2": {MaxVersion: tls.VersionTLS12}, "1.3": {}} {
			for protocol, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
				t.Run(name+" in "+version+" over "+protocol, func(t *testing.T) {
					config := way.Clone()
					config.Certificates = []tls.Certificate{authority.Sign(t, nil)}
					config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, authority.Pool()
					url := serveTLS(t, http.NotFoundHandler(), config, http2)
					test.settings.URL, test.settings.CAFile = url+"/stacks", ca
					for range 20 { // the alert arrives or not
						failure := openFailure(t, test.settings)
						if failure.Code != actors.CodeAuth || !strings.Contains(failure.Message, test.says) {
							t.Fatalf("%q does not say %q", failure.Message, test.says)
						}
					}
				})
			}
		}
	}
}

func TestAClientCertificateOpensASessionAndIsReadForEachConnection(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	behind := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
	authority, next := githost.NewAuthority(t), githost.NewAuthority(t)
	shown := make(chan string, 100)
	trusted := authority.Pool()
	config := &tls.Config{Certificates: []tls.Certificate{authority.Sign(t, nil)}, ClientAuth: tls.RequireAnyClientCert}
	config.VerifyConnection = func(state tls.ConnectionState) error {
		leaf := state.PeerCertificates[0]
		shown <- leaf.Subject.CommonName
		_, err := leaf.Verify(x509.VerifyOptions{Roots: trusted, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		return err
	}
	named := func(name string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.Subject.CommonName = name }
	}
	settings := clientFiles(t, authority.Sign(t, named("first")))
	settings.URL = serveTLS(t, behind.Config.Handler, config, true) + "/stacks"
	settings.CAFile = githost.WriteFile(t, "ca.pem", authority.PEM())
	is.NoErr(Validate(settings))
	remote := newTestRemote(t, settings)
	facts := openSession(t, remote, protocol.Facts{}).Facts()
	is.Equal(<-shown, "first")
	is.Equal(openSession(t, remote, facts).Tip(), tip)
	is.Equal(len(shown), 0) // the connection is kept

	second := authority.Sign(t, named("second"))
	is.NoErr(os.WriteFile(settings.ClientCertFile, []byte(githost.CertificatePEM(second)), 0o600))
	remote.CloseIdleConnections()
	_, err := remote.Open(t.Context(), facts)
	failure := failureOf(t, err)
	is.Equal(failure.Code, actors.CodeAuth)
	is.Equal(failure.Message, "GIT_CLIENT_KEY_FILE must name the key of the certificate in GIT_CLIENT_CERT_FILE, and it "+
		"names another one.")
	is.NoErr(os.WriteFile(settings.ClientKeyFile, []byte(githost.KeyPEM(t, second)), 0o600))
	is.Equal(openSession(t, remote, facts).Tip(), tip)
	is.Equal(<-shown, "second")

	for name, test := range map[string]struct {
		certificate tls.Certificate
		says        string
	}{
		"expired": {authority.Sign(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }),
			"The certificate of GIT_CLIENT_CERT_FILE has expired ("},
		"early": {authority.Sign(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }),
			"The certificate of GIT_CLIENT_CERT_FILE is not valid before "},
		"stranger": {next.Sign(t, nil), "The Git host refuses the client certificate of GIT_CLIENT_CERT_FILE ("},
	} {
		files := clientFiles(t, test.certificate)
		settings.ClientCertFile, settings.ClientKeyFile = files.ClientCertFile, files.ClientKeyFile
		is.NoErr(Validate(settings)) // a new certificate may come before the next refresh
		failure := openFailure(t, settings)
		is.Equal(failure.Code, actors.CodeAuth)
		if !strings.Contains(failure.Message, test.says) {
			t.Errorf("%s: %q does not say %q", name, failure.Message, test.says)
		}
	}
	is.NoErr(os.Remove(settings.ClientKeyFile))
	failure = openFailure(t, settings)
	is.Equal(failure.Code, actors.CodeAuth)
	is.Equal(failure.Message, "GIT_CLIENT_KEY_FILE must name a file that can be read: no such file or directory.")
}

// A host that GIT_URL redirects to is another one: it gets no certificate.
func TestAClientCertificateIsNotShownToAnotherHost(t *testing.T) {
	is := is.New(t)
	authority := githost.NewAuthority(t)
	count := make(chan int, 10)
	config := &tls.Config{Certificates: []tls.Certificate{authority.Sign(t, nil)}, ClientAuth: tls.RequestClientCert}
	config.VerifyConnection = func(state tls.ConnectionState) error {
		count <- len(state.PeerCertificates)
		return nil
	}
	other := serveTLS(t, http.NotFoundHandler(), config, true)
	config = config.Clone()
	url := serveTLS(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		http.Redirect(w, q, other+q.URL.String(), http.StatusFound)
	}), config, true)
	settings := clientFiles(t, authority.Sign(t, nil))
	settings.URL, settings.CAFile = url+"/stacks", githost.WriteFile(t, "ca.pem", authority.PEM())
	is.Equal(openFailure(t, settings).Code, actors.CodeNotFound)
	is.Equal(<-count, 1)
	is.Equal(<-count, 0)

	// The sentence about a host that insists names it, because the certificate itself is good.
	config = config.Clone()
	config.ClientAuth, config.VerifyConnection = tls.RequireAnyClientCert, nil
	other = serveTLS(t, http.NotFoundHandler(), config, true)
	failure := openFailure(t, settings)
	is.Equal(failure.Code, actors.CodeAuth)
	is.True(strings.HasPrefix(failure.Message, "GIT_URL redirects to "+strings.TrimPrefix(other, "https://")+
		", to which the client certificate is not sent ("))
}

func TestABadClientCertificateIsNamedWithItsRule(t *testing.T) {
	authority := githost.NewAuthority(t)
	one, other := clientFiles(t, authority.Sign(t, nil)), clientFiles(t, authority.Sign(t, nil))
	text := githost.WriteFile(t, "text", "s3cret")
	encrypted := githost.WriteFile(t, "encrypted", string(pem.EncodeToMemory(
		&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("s3cret")})))
	for name, test := range map[string]struct{ certificate, key, says string }{
		"no certificate": {text, one.ClientKeyFile, "GIT_CLIENT_CERT_FILE must name a file with a certificate in PEM"},
		"no key":         {one.ClientCertFile, text, "GIT_CLIENT_KEY_FILE must name a file with a private key in PEM"},
		"the other key":  {one.ClientCertFile, other.ClientKeyFile, "GIT_CLIENT_KEY_FILE must name the key of the certificate"},
		"encrypted":      {one.ClientCertFile, encrypted, "GIT_CLIENT_KEY_FILE must name a key that is not encrypted; openssl pkey"},
		"swapped":        {one.ClientKeyFile, one.ClientCertFile, "GIT_CLIENT_CERT_FILE must name a file with a certificate in PEM"},
		"no file":        {one.ClientCertFile, text + "-s3cret", "GIT_CLIENT_KEY_FILE must name a file that can be read: no such"},
	} {
		err := Validate(location.Settings{ClientCertFile: test.certificate, ClientKeyFile: test.key})
		if err == nil || !strings.HasPrefix(err.Error(), test.says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v, want %q", name, err, test.says)
		}
	}
}

// nginx answers over the connection, not in the handshake. net/http, Apache and others tell plain HTTP at a port of TLS.
// The pages are those of nginx 1.22.1 and Apache 2.4.
func TestAHostThatSaysThatTheConnectionIsWrongIsBelieved(t *testing.T) {
	authority := githost.NewAuthority(t)
	page := func(text string) string {
		return "<html><head><title>400</title></head><center>" + text + "</center></html>"
	}
	for name, test := range map[string]struct {
		tls  bool
		body string
		code actors.Code
		says string
	}{
		"no certificate": {true, page("No required SSL certificate was sent"), actors.CodeAuth, "set GIT_CLIENT_CERT_FILE and GIT_CLIENT_KEY_FILE"},
		"a wrong one":    {true, page("The SSL certificate error"), actors.CodeAuth, "set GIT_CLIENT_CERT_FILE and GIT_CLIENT_KEY_FILE"},
		"nginx":          {false, page("The plain HTTP request was sent to HTTPS port"), actors.CodeProtocol, "speaks TLS at this port; GIT_URL must begin with https://."},
		"Apache":         {false, page("Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"), actors.CodeProtocol, "GIT_URL must begin with https://."},
		"another page":   {false, page("Bad request"), actors.CodeProtocol, "does not accept the request: 400 Bad Request."},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, test.body)
			})
			settings := location.Settings{CAFile: githost.WriteFile(t, "ca.pem", authority.PEM())}
			if test.tls {
				config := &tls.Config{Certificates: []tls.Certificate{authority.Sign(t, nil)}}
				settings.URL = serveTLS(t, handler, config, false) + "/stacks"
			} else {
				server := httptest.NewServer(handler)
				t.Cleanup(server.Close)
				settings.URL = server.URL + "/stacks"
			}
			failure := openFailure(t, settings)
			is.Equal(failure.Code, test.code)
			if !strings.Contains(failure.Message, test.says) {
				t.Errorf("%q does not say %q", failure.Message, test.says)
			}
		})
	}
}

func TestPlainHTTPToAPortOfTLSIsToldWhateverTheHostAnswers(t *testing.T) {
	authority := githost.NewAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{authority.Sign(t, nil)}}
	goServer := serveTLS(t, http.NotFoundHandler(), config, false) // answers 400 with a text
	alert := githost.Listen(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1000))
		_, _ = conn.Write([]byte{0x15, 3, 1, 0, 2, 2, 70}) // "protocol version not supported"
	})
	silent := githost.Listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1000)) })
	for name, test := range map[string]struct {
		address string
		code    actors.Code
		says    string
	}{
		"400":    {strings.TrimPrefix(goServer, "https://"), actors.CodeProtocol, "The Git host speaks TLS at this port; GIT_URL must begin with https://."},
		"alert":  {alert, actors.CodeProtocol, "The Git host speaks TLS at this port; GIT_URL must begin with https://."},
		"silent": {silent, actors.CodeUnreachable, "The Git host closed the connection without an answer; if it speaks TLS at this port, GIT_URL must begin with https://."},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			failure := openFailure(t, location.Settings{URL: "http://" + test.address + "/stacks"})
			is.Equal(failure.Code, test.code)
			is.Equal(failure.Message, test.says)
		})
	}
}

// Kubernetes replaces a mounted file through a symbolic link to a directory: the file's name stays the same.
func TestGitCAFileIsReadAgainWhenItHasChanged(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	behind := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
	authority, other := githost.NewAuthority(t), githost.NewAuthority(t)
	url := serveTLS(t, behind.Config.Handler, &tls.Config{Certificates: []tls.Certificate{authority.Sign(t, nil)}}, true)

	volume := t.TempDir()
	hold := func(name, pem string) {
		is.NoErr(os.Mkdir(filepath.Join(volume, name), 0o755))
		is.NoErr(os.WriteFile(filepath.Join(volume, name, "ca.pem"), []byte(pem), 0o600))
		is.NoErr(os.Symlink(name, filepath.Join(volume, "new")))
		is.NoErr(os.Rename(filepath.Join(volume, "new"), filepath.Join(volume, "..data")))
	}
	hold("1", authority.PEM())
	is.NoErr(os.Symlink(filepath.Join("..data", "ca.pem"), filepath.Join(volume, "ca.pem")))
	first := newTestRemote(t, location.Settings{URL: url + "/stacks", CAFile: filepath.Join(volume, "ca.pem")})
	is.Equal(openSession(t, first, protocol.Facts{}).Tip(), tip)

	hold("2", authority.PEM()) // a new file with the same content
	same, err := first.Current()
	is.NoErr(err)
	is.True(same == first) // and so the same connections

	hold("3", other.PEM())
	second, err := first.Current()
	is.NoErr(err)
	is.True(second != first)
	t.Cleanup(second.CloseIdleConnections)
	_, err = second.Open(t.Context(), protocol.Facts{})
	is.Equal(failureOf(t, err).Code, actors.CodeUntrusted)

	hold("4", other.PEM()+authority.PEM())
	third, err := second.Current()
	is.NoErr(err)
	t.Cleanup(third.CloseIdleConnections)
	is.Equal(openSession(t, third, protocol.Facts{}).Tip(), tip)

	hold("5", "no certificate")
	_, err = third.Current()
	is.Equal(*failureOf(t, err), actors.Failure{Code: actors.CodeUntrusted,
		Message: "GIT_CA_FILE must name a file with at least one certificate in PEM."})
	is.NoErr(os.Remove(filepath.Join(volume, "..data")))
	_, err = third.Current()
	is.Equal(*failureOf(t, err), actors.Failure{Code: actors.CodeUntrusted,
		Message: "GIT_CA_FILE must name a file that can be read: no such file or directory."})
}

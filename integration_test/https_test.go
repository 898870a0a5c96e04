package integration_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// HTTPS with a certificate of the test's authority: it is trusted only with GIT_CA_FILE.

// serveTLS serves the repository over HTTPS. Each connection gets the certificate that the variable has at that time.
func serveTLS(t *testing.T, r repository, certificate tls.Certificate) (host, lab.Watched[tls.Certificate]) {
	t.Helper()
	behind := serveRepository(t, r)
	shown := watch(t, certificate)
	front := httptest.NewUnstartedServer(behind.Server.Config.Handler)
	front.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{shown.Value()}, NextProtos: []string{"h2", "http/1.1"}}, nil
	}}
	front.EnableHTTP2 = true // as the big hosts
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.StartTLS()
	t.Cleanup(front.Close)
	behind.Server = front
	return behind, shown
}

func TestHTTPSWithItsAuthorityInGitCAFileFollowsPushes(t *testing.T) {
	repo, first := with(t, twoStacks())
	authority := newAuthority(t)
	host, _ := serveTLS(t, repo, authority.sign("", time.Now().Add(time.Hour)))
	host.Demand("robot", "p@ss: w/rd")
	s := start(t, "GIT_URL="+host.url("robot", "p@ss: w/rd"), "GIT_CA_FILE="+authority.file)
	followsPushes(t, repo, first, s)
}

func TestHTTPSCertificateThatIsNotTrustedIsToldWithWhatToSet(t *testing.T) {
	repo, _ := with(t, twoStacks())
	ours, other := newAuthority(t), newAuthority(t)
	until := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		certificate   tls.Certificate
		setting, says string
	}{
		"no GIT_CA_FILE":    {ours.sign("", until), "GIT_CA_FILE=", "set GIT_CA_FILE"},
		"another authority": {ours.sign("", until), "GIT_CA_FILE=" + other.file, "set GIT_CA_FILE"},
		"another name":      {ours.sign("git.example.com", until), "GIT_CA_FILE=" + ours.file, "for other names than 127.0.0.1"},
		"expired":           {ours.sign("", time.Now().Add(-time.Minute)), "GIT_CA_FILE=" + ours.file, "has expired"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			host, _ := serveTLS(t, repo, c.certificate)
			got := run(t, []string{"-once"}, "GIT_URL="+host.url("robot", "p@ss: w/rd"), c.setting)
			is.Equal(got.code, 1)
			is.True(strings.HasPrefix(got.stderr, "mooring: git_untrusted: "))
			is.True(strings.Contains(got.stderr, c.says))
			is.Equal(host.Counts().Requests, 0) // no request was sent, and so no password
		})
	}
}

// When a certificate expires, refreshes fail until it is renewed.
func TestHTTPSCertificateThatIsRenewedIsTrustedAgain(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, first := with(t, twoStacks())
	authority := newAuthority(t)
	good := authority.sign("", time.Now().Add(time.Hour))
	host, shown := serveTLS(t, repo, good)
	s := start(t, "GIT_URL="+host.url(), "GIT_CA_FILE="+authority.file)
	s.awaitRevision(first)
	s.logged("refresh completed")
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	before := s.get("/api/v1/stacks")
	shown.Change(func(c *tls.Certificate) { *c = authority.sign("", time.Now().Add(-time.Minute)) })
	host.Server.CloseClientConnections() // the certificate is checked only when a connection is opened
	s.refresh()                          // may still use the connection that was just closed
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_untrusted")
	s.keeps(before, first, failed)
	shown.Change(func(c *tls.Certificate) { *c = good })
	s.awaitRevision(next)
	is.Equal(s.status().Failures, 0)
}

// A redirect from HTTPS to plain HTTP is not followed, with or without credentials.
func TestHTTPSRedirectToPlainHTTPIsRefused(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	authority := newAuthority(t)
	plain := serveRepository(t, repo)
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		redirects(http.StatusFound, plain.URL)(w, r, nil)
	}))
	front.TLS = &tls.Config{Certificates: []tls.Certificate{authority.sign("", time.Now().Add(time.Hour))}}
	front.StartTLS()
	t.Cleanup(front.Close)
	got := run(t, []string{"-once"}, "GIT_URL="+front.URL+"/repository.git", "GIT_PASSWORD=for TLS alone",
		"GIT_CA_FILE="+authority.file)
	is.Equal(got.code, 1)
	is.True(strings.HasPrefix(got.stderr, "mooring: git_untrusted: "))
	is.Equal(plain.Counts().Requests, 0)
}

func TestHTTPSHostThatWantsAClientCertificateGetsIt(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	authority := newAuthority(t)
	behind := serveRepository(t, repo)
	trusted := x509.NewCertPool()
	trusted.AddCert(authority.certificate)
	front := httptest.NewUnstartedServer(behind.Server.Config.Handler)
	front.TLS = &tls.Config{Certificates: []tls.Certificate{authority.sign("", time.Now().Add(time.Hour))},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted}
	front.EnableHTTP2 = true
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.StartTLS()
	t.Cleanup(front.Close)
	behind.Server = front
	settings := []string{"GIT_URL=" + behind.url(), "GIT_CA_FILE=" + authority.file}
	got := run(t, []string{"-once"}, settings...)
	is.Equal(got.code, 1)
	is.True(strings.HasPrefix(got.stderr, "mooring: git_auth: The Git host wants a client certificate ("))
	is.True(strings.Contains(got.stderr, "set GIT_CLIENT_CERT_FILE and GIT_CLIENT_KEY_FILE"))
	settings = append(settings, authority.files(authority.sign("", time.Now().Add(time.Hour)))...)
	followsPushes(t, repo, first, start(t, settings...))
}

// The file counts as it is now: connections that an earlier content has trusted are not used, and none is opened anew if
// the content is the same.
func TestHTTPSAuthorityInGitCAFileIsReadAgainWhenItHasChanged(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, first := with(t, twoStacks())
	authority, other := newAuthority(t), newAuthority(t)
	host, _ := serveTLS(t, repo, authority.sign("", time.Now().Add(time.Hour)))
	connections := watch(t, map[string]bool{})
	host.Suffer(func(w http.ResponseWriter, r *http.Request, git http.Handler) {
		connections.Change(func(seen *map[string]bool) { (*seen)[r.RemoteAddr] = true })
		git.ServeHTTP(w, r)
	})
	file := filepath.Join(t.TempDir(), "ca.pem")
	hold := func(from string) {
		content, err := os.ReadFile(from)
		is.NoErr(err)
		is.NoErr(os.WriteFile(file+".new", content, 0o600))
		is.NoErr(os.Rename(file+".new", file))
	}
	hold(authority.file)
	s := start(t, "GIT_URL="+host.url(), "GIT_CA_FILE="+file)
	s.awaitRevision(first)
	hold(authority.file) // another file with the same content
	is.Equal(s.refresh().Status, "completed")
	is.Equal(len(connections.Value()), 1)

	hold(other.file)
	before := s.get("/api/v1/stacks")
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_untrusted") // the open connection was not used
	s.keeps(before, first, failed)
	is.NoErr(os.Remove(file))
	failed = s.refresh()
	is.Equal(failed.Error.Code, "git_untrusted")
	is.Equal(failed.Error.Message, "GIT_CA_FILE must name a file that can be read: no such file or directory.")
	s.keeps(before, first, failed)
	hold(authority.file)
	is.Equal(s.refresh().Status, "completed")
}

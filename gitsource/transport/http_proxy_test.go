package transport

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/protocol"
)

// proxied is a name that only a proxy of a test resolves: no proxy is asked for this machine.
const proxied = "git.example.com"

// setProxies sets these variables of the environment, and unsets the other ones about proxies.
func setProxies(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"} {
		t.Setenv(name, "")
		t.Setenv(strings.ToLower(name), "")
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

func TestTheMoreSpecificVariableOfAProxyWins(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		url, want string
	}{
		"none":               {nil, "https://h", ""},
		"ALL_PROXY":          {map[string]string{"ALL_PROXY": "socks5://all:1"}, "https://h", "socks5://all:1"},
		"ALL_PROXY for HTTP": {map[string]string{"ALL_PROXY": "socks5h://all:1"}, "http://h", "socks5h://all:1"},
		"lower case":         {map[string]string{"all_proxy": "http://all:1"}, "https://h", "http://all:1"},
		"lower case first":   {map[string]string{"all_proxy": "http://lower:1", "ALL_PROXY": "http://upper:1"}, "https://h", "http://lower:1"},
		"HTTPS_PROXY":        {map[string]string{"HTTPS_PROXY": "http://s:1", "all_proxy": "http://all:1"}, "https://h", "http://s:1"},
		"of another scheme":  {map[string]string{"HTTPS_PROXY": "http://s:1", "ALL_PROXY": "http://all:1"}, "http://h", "http://all:1"},
		"http_proxy":         {map[string]string{"http_proxy": "http://p:1", "ALL_PROXY": "http://all:1"}, "http://h", "http://p:1"},
		"no scheme":          {map[string]string{"ALL_PROXY": "all:1"}, "https://h", "http://all:1"},
		"NO_PROXY":           {map[string]string{"ALL_PROXY": "http://all:1", "NO_PROXY": ".h,h:443"}, "https://h", ""},
		"another host":       {map[string]string{"ALL_PROXY": "http://all:1", "NO_PROXY": "other"}, "https://h", "http://all:1"},
		"this machine":       {map[string]string{"ALL_PROXY": "http://all:1"}, "https://127.0.0.1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			setProxies(t, test.variables)
			read, err := readProxies()
			is.NoErr(err)
			got := ""
			if proxy := read.of(httptest.NewRequest(http.MethodGet, test.url, nil)); proxy != nil {
				got = proxy.String()
			}
			is.Equal(got, test.want)
		})
	}
}

func TestABadProxyIsNamedWithItsRule(t *testing.T) {
	is := is.New(t)
	for variable, value := range map[string]string{
		"ALL_PROXY": "socks4://u:s3cret@h:1", "HTTPS_PROXY": "http://u:s3cret%@h:1", "HTTP_PROXY": "http://:1",
	} {
		setProxies(t, map[string]string{variable: value})
		err := Validate(location.Settings{URL: "https://git.example.com/x"})
		is.True(err != nil)
		is.Equal(err.Error(), variable+" must be the address of a proxy that begins with http://, https://, socks5:// or "+
			"socks5h://")
		is.NoErr(Validate(location.Settings{URL: "ssh://git.example.com/x"})) // no proxy is asked for SSH
		is.NoErr(Validate(location.Settings{URL: "."}))
	}
	setProxies(t, map[string]string{"ALL_PROXY": "socks4://h", "HTTPS_PROXY": "http://h", "HTTP_PROXY": "http://h"})
	is.NoErr(Validate(location.Settings{URL: "https://git.example.com/x"})) // ALL_PROXY is not used
}

func TestAProxyOfEachKindLeadsToTheHost(t *testing.T) {
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
	plain := host.Listener.Addr().String()
	authority := githost.NewAuthority(t)
	secured := strings.TrimPrefix(serveTLS(t, host.Config.Handler, &tls.Config{Certificates: []tls.Certificate{
		authority.Sign(t, func(c *x509.Certificate) { c.DNSNames = []string{proxied} })}}, true), "https://")
	ca := githost.WriteFile(t, "ca.pem", authority.PEM())
	for _, scheme := range []string{"socks5", "socks5h", "http"} {
		for _, target := range []string{"http", "https"} {
			if scheme == "http" && target == "http" {
				continue // such a proxy makes no tunnel
			}
			t.Run(scheme+" to "+target, func(t *testing.T) {
				is := is.New(t)
				to, port := plain, ":80"
				if target == "https" {
					to, port = secured, ":443"
				}
				var proxy githost.Proxy
				if scheme == "http" {
					proxy = githost.ServeCONNECT(t, to, "", nil)
				} else {
					proxy = githost.ServeSOCKS(t, to, githost.SOCKSOptions{User: "clerk", Password: "p@ss: w/rd"})
				}
				setProxies(t, map[string]string{"ALL_PROXY": scheme + "://clerk:p%40ss%3A%20w%2Frd@" + proxy.Address})
				settings := location.Settings{URL: target + "://" + proxied + "/stacks", CAFile: ca}
				is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Tip(), tip)
				is.Equal(<-proxy.Asked, proxied+port) // the proxy resolves the name
			})
		}
	}
}

func TestAProxyThatForwardsHTTPLeadsToTheHost(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
	asked := make(chan string, 10)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		asked <- r.In.URL.Host
		r.Out.URL.Scheme, r.Out.URL.Host = "http", host.Listener.Addr().String()
	}})
	t.Cleanup(proxy.Close)
	setProxies(t, map[string]string{"ALL_PROXY": proxy.URL})
	remote := newTestRemote(t, location.Settings{URL: "http://" + proxied + "/stacks"})
	is.Equal(openSession(t, remote, protocol.Facts{}).Tip(), tip)
	is.Equal(<-asked, proxied)
}

// A proxy may be asked over TLS, and may ask for a certificate. The one of the settings is for the Git host.
func TestAClientCertificateIsNotShownToAProxy(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
	authority := githost.NewAuthority(t)
	shown := make(chan string, 10)
	asking := func(name string, required tls.ClientAuthType) *tls.Config {
		certificate := authority.Sign(t, func(c *x509.Certificate) { c.DNSNames = []string{proxied} })
		config := &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: required}
		config.VerifyConnection = func(state tls.ConnectionState) error {
			shown <- fmt.Sprint(name, len(state.PeerCertificates))
			return nil
		}
		return config
	}
	secured := serveTLS(t, host.Config.Handler, asking("host", tls.RequireAnyClientCert), true)
	through := func(required tls.ClientAuthType) {
		proxy := githost.ServeCONNECT(t, strings.TrimPrefix(secured, "https://"), "", asking("proxy", required))
		setProxies(t, map[string]string{"ALL_PROXY": "https://" + proxy.Address})
	}
	settings := clientFiles(t, authority.Sign(t, nil))
	settings.URL, settings.CAFile = "https://"+proxied+"/stacks", githost.WriteFile(t, "ca.pem", authority.PEM())
	through(tls.RequestClientCert)
	is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Tip(), tip)
	is.Equal(<-shown, "proxy0")
	is.Equal(<-shown, "host1")

	through(tls.RequireAnyClientCert)
	failure := openFailure(t, settings)
	is.Equal(failure.Code, actors.CodeUnreachable)
	is.True(strings.HasPrefix(failure.Message, "The proxy "))
}

// As with git, SSH and git:// go to the host itself.
func TestNoProxyIsAskedForSSHAndGit(t *testing.T) {
	is := is.New(t)
	proxy := githost.ServeSOCKS(t, "127.0.0.1:1", githost.SOCKSOptions{})
	setProxies(t, map[string]string{"ALL_PROXY": "socks5h://" + proxy.Address})
	key := githost.NewKeyFile(t)
	for _, scheme := range []string{"ssh", "git"} {
		address := githost.Listen(t, func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) })
		failure := openFailure(t, location.Settings{URL: scheme + "://" + address + "/x", SSHKeyFile: key.File,
			SSHKnownHostsFile: githost.KnownHostsFile(t, address, key.Public)})
		is.True(strings.HasPrefix(failure.Message, "The Git host"))
	}
	is.Equal(len(proxy.Asked), 0)
}

func TestAFailureOfAProxyIsToldAsTheProxys(t *testing.T) {
	authority := githost.NewAuthority(t)
	notTLS := githost.Listen(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1)) // net/http drops what comes together with a proxy's answer to CONNECT
		_, _ = conn.Write([]byte("SSH-2.0-x\r\n"))
		_, _ = io.Copy(io.Discard, conn) // to close it with something unread would reset it
	})
	closing := githost.Listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1000)) })
	unnamed := strings.TrimPrefix(serveTLS(t, http.NotFoundHandler(), &tls.Config{Certificates: []tls.Certificate{
		authority.Sign(t, nil)}}, false), "https://")
	socks := func(options githost.SOCKSOptions) string { return githost.ServeSOCKS(t, unnamed, options).Address }
	connect := func(answer string) string { return githost.ServeCONNECT(t, unnamed, answer, nil).Address }
	const wants = "HTTP/1.1 407 Proxy Authentication Required\r\n"
	for name, test := range map[string]struct {
		proxy string
		code  actors.Code
		says  string
	}{
		"nobody listens":        {"http://clerk:s3cret@127.0.0.1:1", actors.CodeUnreachable, "The proxy refuses connections; check HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"},
		"SOCKS, nobody listens": {"socks5://clerk:s3cret@127.0.0.1:1", actors.CodeUnreachable, "The proxy refuses connections"},
		"no such name":          {"http://clerk:s3cret@no..invalid:1", actors.CodeUnreachable, "check HTTPS_PROXY, HTTP_PROXY or ALL_PROXY and this machine's DNS"},
		"not TLS":               {"https://clerk:s3cret@" + notTLS, actors.CodeProtocol, "The proxy does not speak TLS at this port"},
		"not trusted":           {"https://clerk:s3cret@" + unnamed, actors.CodeUntrusted, "The proxy's TLS certificate is not signed by a trusted authority"},
		"TLS":                   {"http://clerk:s3cret@" + unnamed, actors.CodeUnreachable, "The proxy closed the connection"},
		"it closes":             {"http://clerk:s3cret@" + closing, actors.CodeUnreachable, "The proxy closed the connection"},
		"no HTTP":               {"http://clerk:s3cret@" + notTLS, actors.CodeUnreachable, "The proxy does not answer with valid HTTP"},
		"no SOCKS":              {"socks5://clerk:s3cret@" + notTLS, actors.CodeUnreachable, "The proxy does not speak SOCKS 5"},
		"SOCKS, it closes":      {"socks5://clerk:s3cret@" + closing, actors.CodeUnreachable, "The proxy closed the connection"},
		"SOCKS, wrong password": {"socks5://clerk:s3cret@" + socks(githost.SOCKSOptions{User: "clerk", Password: "other"}), actors.CodeUnreachable, "The SOCKS proxy wants other credentials"},
		"SOCKS, no password":    {"socks5://" + socks(githost.SOCKSOptions{User: "clerk", Password: "other"}), actors.CodeUnreachable, "The SOCKS proxy wants other credentials"},
		"SOCKS, refused":        {"socks5h://" + socks(githost.SOCKSOptions{Reply: 2}), actors.CodeUnreachable, "The SOCKS proxy does not connect to the Git host: connection not allowed by ruleset"},
		"SOCKS, unreachable":    {"socks5h://" + socks(githost.SOCKSOptions{Reply: 4}), actors.CodeUnreachable, "The SOCKS proxy does not connect to the Git host: host unreachable"},
		"Basic":                 {"http://clerk:s3cret@" + connect(wants+"Proxy-Authenticate: Basic realm=\"s3cret\"\r\n\r\n"), actors.CodeUnreachable, "The proxy wants credentials; give them in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY."},
		"NTLM":                  {"http://clerk:s3cret@" + connect(wants+"Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n"), actors.CodeUnreachable, "The proxy wants credentials by Negotiate or NTLM, which mooring does not support"},
		"it repeats a secret":   {"http://clerk:s3cret@" + connect(wants+"Proxy-Authenticate: s3cret, Y2xlcms6czNjcmV0\r\n\r\n"), actors.CodeUnreachable, "by *** or ***, which"},
		"forbidden":             {"http://clerk:s3cret@" + connect("HTTP/1.1 403 s3cret\r\n\r\n"), actors.CodeUnreachable, "The proxy does not connect to the Git host: 403 Forbidden."},
		// Behind a tunnel it is the host that fails.
		"the host's certificate":          {"http://" + connect(""), actors.CodeUntrusted, "The Git host's TLS certificate is for other names"},
		"the host's certificate by SOCKS": {"socks5h://" + socks(githost.SOCKSOptions{}), actors.CodeUntrusted, "The Git host's TLS certificate is for other names"},
		"the host without TLS":            {"http://" + githost.ServeCONNECT(t, notTLS, "", nil).Address, actors.CodeProtocol, "The Git host does not speak TLS"},
		"the host closes":                 {"http://" + githost.ServeCONNECT(t, closing, "", nil).Address, actors.CodeUnreachable, "The Git host closed the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			setProxies(t, map[string]string{"ALL_PROXY": test.proxy})
			failure := openFailure(t, location.Settings{URL: "https://" + proxied + "/stacks"})
			is.Equal(failure.Code, test.code)
			if !strings.Contains(failure.Message, test.says) {
				t.Errorf("%q does not say %q", failure.Message, test.says)
			}
			is.True(!strings.Contains(failure.Message, "s3cret") && !strings.Contains(failure.Message, "Y2xlcms6czNjcmV0"))
		})
	}
}

// Over plain HTTP the proxy sees the requests, so it is the one that closes a connection.
func TestAProxyThatClosesAConnectionOfHTTPIsNamed(t *testing.T) {
	is := is.New(t)
	closing := githost.Listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1000)) })
	setProxies(t, map[string]string{"HTTP_PROXY": (&url.URL{Scheme: "http", Host: closing, User: url.UserPassword("clerk", "s3cret")}).String()})
	failure := openFailure(t, location.Settings{URL: "http://" + proxied + "/stacks"})
	is.Equal(failure.Code, actors.CodeUnreachable)
	is.True(strings.HasPrefix(failure.Message, "The proxy closed the connection"))
}

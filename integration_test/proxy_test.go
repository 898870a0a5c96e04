package integration_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// HTTPS_PROXY, HTTP_PROXY and ALL_PROXY. The Git host has a name that only the proxy knows, because no proxy is used for
// 127.0.0.1.
const proxiedName = "git.example.com"

// proxy passes everything on to one address, whatever host the client names: tunnels for HTTPS, requests for HTTP.
type proxy struct {
	server *httptest.Server
	// asked are the hosts that clients named.
	asked lab.Watched[[]string]
}

func newProxy(t *testing.T, address, user, password string) proxy {
	t.Helper()
	asked := watch(t, []string(nil))
	forward := &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = "http", address
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Change(func(hosts *[]string) { *hosts = append(*hosts, r.Method+" "+r.URL.Host) })
		given := r.Header.Get("Proxy-Authorization")
		r.Header.Set("Authorization", given)
		if who, pass, _ := r.BasicAuth(); who != user || pass != password {
			http.Error(w, "who are you? not "+who+" with "+pass+", "+given, http.StatusProxyAuthRequired)
			return
		}
		r.Header.Del("Authorization")
		if r.Method == http.MethodConnect {
			tunnel(w, address)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return proxy{server, asked}
}

// tunnel joins the client's connection with a new one, until either is closed.
func tunnel(w http.ResponseWriter, address string) {
	host, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, "no way", http.StatusBadGateway)
		return
	}
	defer host.Close()
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	ended := make(chan struct{})
	// Ends when the client has, or when the deferred calls close both connections; the handler waits for it.
	go func() {
		defer close(ended)
		_, _ = io.Copy(host, buffered)
		host.Close()
	}()
	_, _ = io.Copy(client, host)
	client.Close()
	<-ended
}

func (p proxy) url(credentials ...string) string {
	address, _ := url.Parse(p.server.URL)
	if len(credentials) == 2 {
		address.User = url.UserPassword(credentials[0], credentials[1])
	}
	return address.String()
}

func TestProxyForHTTPSIsAskedForATunnel(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	authority := newAuthority(t)
	host, _ := serveTLS(t, repo, authority.sign(proxiedName, time.Now().Add(time.Hour)))
	proxy := newProxy(t, host.Server.Listener.Addr().String(), "clerk", "pr@xy: p/ss")
	s := start(t, "GIT_URL=https://"+proxiedName+"/repository.git", "GIT_CA_FILE="+authority.file,
		"HTTPS_PROXY="+proxy.url("clerk", "pr@xy: p/ss"), "LOG_LEVEL=debug")
	followsPushes(t, repo, first, s)
	for _, asked := range proxy.asked.Value() {
		is.Equal(asked, "CONNECT "+proxiedName+":443") // the proxy sees the name and nothing else
	}
}

func TestProxyForAllIsUsedWhereTheSchemeHasNone(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	authority := newAuthority(t)
	host, _ := serveTLS(t, repo, authority.sign(proxiedName, time.Now().Add(time.Hour)))
	proxy := newProxy(t, host.Server.Listener.Addr().String(), "clerk", "pr@xy: p/ss")
	s := start(t, "GIT_URL=https://"+proxiedName+"/repository.git", "GIT_CA_FILE="+authority.file, "HTTP_PROXY=http://127.0.0.1:1",
		"ALL_PROXY="+proxy.url("clerk", "pr@xy: p/ss"), "LOG_LEVEL=debug")
	s.awaitRevision(first)
	is.True(len(proxy.asked.Value()) > 0)
}

func TestProxyForHTTPPassesRequestsOn(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	host := serveRepository(t, repo)
	proxy := newProxy(t, host.Server.Listener.Addr().String(), "", "")
	s := start(t, "GIT_URL=http://"+proxiedName+"/repository.git", "HTTP_PROXY="+proxy.url())
	followsPushes(t, repo, first, s)
	for _, asked := range proxy.asked.Value() {
		is.True(strings.HasSuffix(asked, " "+proxiedName))
	}
}

func TestProxyIsNotAskedForWhatNoProxyNames(t *testing.T) {
	is := is.New(t)
	proxy := newProxy(t, "127.0.0.1:1", "", "")
	got := run(t, []string{"-once"}, "GIT_URL=http://git..invalid/repository.git", "HTTP_PROXY="+proxy.url(),
		"NO_PROXY=.invalid")
	is.Equal(got.code, 1)
	is.True(strings.HasPrefix(got.stderr, "mooring: git_unreachable: "))
	is.Equal(len(proxy.asked.Value()), 0)
}

// The failure names the proxy, without its password.
func TestProxyThatFailsIsTold(t *testing.T) {
	repo, _ := with(t, twoStacks())
	host := serveRepository(t, repo)
	proxy := newProxy(t, host.Server.Listener.Addr().String(), "clerk", "right")
	nowhere := newProxy(t, "127.0.0.1:1", "clerk", "pr@xy: p/ss")
	for name, c := range map[string]struct{ url, variable, code, says string }{
		"http, wrong password":  {"http", "HTTP_PROXY=" + proxy.url("clerk", "pr@xy: p/ss"), "git_unreachable", "The proxy wants credentials"},
		"https, wrong password": {"https", "HTTPS_PROXY=" + proxy.url("clerk", "pr@xy: p/ss"), "git_unreachable", "The proxy wants credentials"},
		"http, refused":         {"http", "HTTP_PROXY=http://clerk:pr%40xy%3A%20p%2Fss@127.0.0.1:1", "git_unreachable", "The proxy refuses connections"},
		"https, refused":        {"https", "HTTPS_PROXY=http://clerk:pr%40xy%3A%20p%2Fss@127.0.0.1:1", "git_unreachable", "The proxy refuses connections"},
		"http, host away":       {"http", "HTTP_PROXY=" + nowhere.url("clerk", "pr@xy: p/ss"), "git_unreachable", "502 Bad Gateway"},
		"https, host away":      {"https", "HTTPS_PROXY=" + nowhere.url("clerk", "pr@xy: p/ss"), "git_unreachable", "The proxy does not connect to the Git host: 502"},
		"all, wrong password":   {"https", "ALL_PROXY=" + proxy.url("clerk", "pr@xy: p/ss"), "git_unreachable", "The proxy wants credentials"},
		"all, SOCKS refused":    {"https", "ALL_PROXY=socks5h://clerk:pr%40xy%3A%20p%2Fss@127.0.0.1:1", "git_unreachable", "The proxy refuses connections"},
		"a tunnel to no TLS":    {"https", "HTTPS_PROXY=" + proxy.url("clerk", "right"), "git_protocol", "does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, []string{"-once"}, "GIT_URL="+c.url+"://"+proxiedName+"/repository.git", c.variable)
			is.New(t).Equal(got.code, 1)
			code, sentence, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(got.stderr, "mooring: ")), ": ")
			faultCase{code: c.code, says: c.says}.isTold(t, failure{code, sentence})
		})
	}
}

// Over plain HTTP a proxy may answer the requests itself, and may put its password into the answer.
func TestProxyThatSaysItsPasswordIsNotQuoted(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusBadGateway} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			is := is.New(t)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				given := r.Header.Get("Proxy-Authorization")
				r.Header.Set("Authorization", given)
				user, password, _ := r.BasicAuth()
				http.Error(w, "no way for "+user+" with "+password+", "+given, status)
			}))
			t.Cleanup(server.Close)
			got := run(t, []string{"-once"}, "GIT_URL=http://"+proxiedName+"/repository.git",
				"HTTP_PROXY="+proxy{server: server}.url("clerk", "pr@xy: p/ss"))
			is.Equal(got.code, 1)
			is.True(strings.Contains(got.stderr, http.StatusText(status)))
			for _, part := range []string{"no way", "pr@xy", "Basic"} {
				is.True(!strings.Contains(got.stderr, part))
			}
		})
	}
}

package transport

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"

	"mooring/gitsource/location"
)

// maxHeaderBytes is the size of the largest header of an answer.
const maxHeaderBytes = 64 << 10

// newHTTPClient makes the client of a Remote. It keeps connections between refreshes. It has no time limit, because
// every phase of a request ends with the request's context. It follows no redirects.
func newHTTPClient(settings location.Settings, roots *x509.CertPool, through proxies) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  func(request *http.Request) (*url.URL, error) { return through.find(request.URL) },
			OnProxyConnectResponse: tunnelled,
			DialContext:            (&net.Dialer{}).DialContext,
			TLSClientConfig: &tls.Config{
				RootCAs: roots, MinVersion: tls.VersionTLS12, GetClientCertificate: clientCertificate(settings),
			},
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: maxHeaderBytes,
			MaxIdleConnsPerHost:    1,
			// This is longer than the pause between two polls, so that a poll finds its connection open.
			IdleConnTimeout: 2 * time.Minute,
			// A ping detects a connection that a firewall has dropped.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

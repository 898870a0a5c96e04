package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"mooring/gitsource/fault"
)

// maxHeaderBytes is the size of the largest header of an answer.
const maxHeaderBytes = 64 << 10

// newHTTPClient makes the client of a Remote. It keeps connections between refreshes. It has no time limit, because
// every phase of a request ends with the request's context. It follows no redirects.
func newHTTPClient(caFile string) (*http.Client, error) {
	roots, err := CertificateRoots(caFile)
	if err != nil {
		return nil, fmt.Errorf("GIT_CA_FILE %w", err)
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment,
			OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
				return refusedTunnel(response.StatusCode)
			},
			DialContext:            (&net.Dialer{}).DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: maxHeaderBytes,
			MaxIdleConnsPerHost:    1,
			// This is longer than the pause between two polls, so that a poll finds its connection open.
			IdleConnTimeout: 2 * time.Minute,
			// A ping detects a connection that a firewall has dropped.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// CertificateRoots returns the trusted authorities: the system's and those of the PEM file. Without a file the pool is
// nil, which means only the system's. An error is a phrase that follows the variable's name, and does not quote the
// path.
func CertificateRoots(caFile string) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("must name a file that can be read: %w", fault.WithoutPath(err))
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("must name a file with at least one certificate in PEM")
	}
	return roots, nil
}

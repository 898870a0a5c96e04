package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/protocol"
)

const (
	// maxRedirects is how many redirects of a greeting are followed.
	maxRedirects = 5
	// discoveryPath is appended to a repository's address for a greeting (gitprotocol-http, "Smart Clients").
	discoveryPath = "/info/refs"
	// userAgent begins as git's does, because some hosts tell git from browsers by that.
	userAgent = "git/2.0 (mooring)"
	// gzipFrom is the length in bytes from which a request is compressed. Many hosts limit the length of a request.
	gzipFrom = 16 << 10
)

// httpWire speaks Git's smart HTTP protocol (gitprotocol-http). Each request stands alone, so between two of them
// nothing is open but a connection that the client keeps.
type httpWire struct {
	client *http.Client
	// named is the address in GIT_URL. Credentials are shown to that host alone.
	named *url.URL
	// at is where requests go: the named address, or the one to which the host redirected.
	at *url.URL
	// authorization is the value of the header of that name, or empty.
	authorization string
	// redact removes secrets from what the host says.
	redact func(string) string
}

// newHTTPWire makes a wire to the endpoint.
func newHTTPWire(
	client *http.Client, to location.Endpoint, shown location.Credentials, redact func(string) string,
) (*httpWire, error) {
	named, err := url.Parse(to.Display())
	if err != nil {
		return nil, fmt.Errorf("read the address of the Git host: %w", err)
	}
	return &httpWire{client: client, named: named, at: named, authorization: shown.Basic(), redact: redact}, nil
}

// IsReady implements protocol.Wire. It is always true, because each request says everything that the host must know.
func (w *httpWire) IsReady() bool { return true }

// IsStateless implements protocol.Wire.
func (w *httpWire) IsStateless() bool { return true }

// HasMoved implements protocol.Wire.
func (w *httpWire) HasMoved() bool { return w.at != w.named }

// Close implements protocol.Wire. There is nothing to close.
func (w *httpWire) Close() {}

// Greet asks what the host can do, and follows redirects. Later requests go to the address that answered.
func (w *httpWire) Greet(ctx context.Context) (protocol.Answer, error) {
	at := w.named
	for range maxRedirects + 1 {
		response, err := w.discover(ctx, at)
		if err != nil {
			return nil, err
		}
		if !isRedirect(response.StatusCode) {
			w.at = at
			return w.accept(response, "application/x-git-upload-pack-advertisement")
		}
		release(response.Body)
		if at, err = redirectTarget(response); err != nil {
			return nil, err
		}
	}
	return nil, fault.Malformed("it redirects more than %d times", maxRedirects)
}

func (w *httpWire) discover(ctx context.Context, at *url.URL) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String()+discoveryPath+"?service="+protocol.Service, nil)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	request.Header.Set("Git-Protocol", "version=2")
	return w.send(request, at)
}

// Exchange posts a request. It follows no redirect, as git does not: a greeting has found the address.
func (w *httpWire) Exchange(ctx context.Context, version protocol.Version, body []byte) (protocol.Answer, error) {
	packed, err := compress(body)
	if err != nil {
		return nil, err
	}
	target := w.at.String() + "/" + protocol.Service
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	if len(packed) != len(body) {
		request.Header.Set("Content-Encoding", "gzip")
	}
	if version == protocol.V2 {
		request.Header.Set("Git-Protocol", "version=2")
	}
	request.Header.Set("Content-Type", "application/x-git-upload-pack-request")
	request.Header.Set("Accept", "application/x-git-upload-pack-result")
	// A request only reads, so it may be sent twice. This empty value is not sent; it tells net/http to try again if
	// the host closes a kept connection just when the request is written.
	request.Header["Idempotency-Key"] = []string{}
	response, err := w.send(request, w.at)
	if err != nil {
		return nil, err
	}
	return w.accept(response, "application/x-git-upload-pack-result")
}

func (w *httpWire) send(request *http.Request, at *url.URL) (*http.Response, error) {
	request.Header.Set("User-Agent", userAgent)
	if w.authorization != "" && mayShowCredentials(w.named, at) {
		request.Header.Set("Authorization", w.authorization)
	}
	response, err := w.client.Do(request)
	if err != nil {
		if request.Context().Err() != nil {
			// Otherwise net/http would go on connecting to a silent host, for a later request.
			w.client.CloseIdleConnections()
		}
		return nil, httpFailure(err)
	}
	return response, nil
}

// mayShowCredentials tells whether an address is the one that the credentials were given for, or the same host with TLS
// in place of plain HTTP, both at their usual ports.
func mayShowCredentials(home, at *url.URL) bool {
	if home.Scheme == at.Scheme && strings.EqualFold(home.Host, at.Host) {
		return true
	}
	upgraded := home.Scheme == "http" && at.Scheme == "https" && strings.EqualFold(home.Hostname(), at.Hostname())
	return upgraded && (home.Port() == "" || home.Port() == "80") && (at.Port() == "" || at.Port() == "443")
}

// compress compresses a long request. Huffman's code alone halves ids in hex; looking for repetitions as well gains a
// tenth and takes four times as long.
func compress(body []byte) ([]byte, error) {
	if len(body) < gzipFrom {
		return body, nil
	}
	var packed bytes.Buffer
	packed.Grow(len(body)/2 + len(body)/8)
	writer, err := gzip.NewWriterLevel(&packed, gzip.HuffmanOnly)
	if err != nil {
		return nil, fmt.Errorf("compress a request: %w", err)
	}
	_, err = writer.Write(body)
	if err := errors.Join(err, writer.Close()); err != nil {
		return nil, fmt.Errorf("compress a request: %w", err)
	}
	return packed.Bytes(), nil
}

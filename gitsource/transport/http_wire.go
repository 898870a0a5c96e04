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
	// discoveryPath follows a repository's address in a greeting (gitprotocol-http, "Smart Clients").
	discoveryPath = "/info/refs"
	// userAgent begins as git's does, for some hosts tell Git's clients from browsers by that.
	userAgent = "git/2.0 (mooring)"
	// gzipFrom is the length from which a request is worth compressing; many hosts bound a request's length.
	gzipFrom = 16 << 10
)

// httpWire speaks Git's smart HTTP protocol (gitprotocol-http). Its requests stand alone, so nothing is open between
// two of them but the client's kept connection.
type httpWire struct {
	client *http.Client
	// named is the address that GIT_URL names. Credentials go there, and nowhere else.
	named *url.URL
	// at is the address that requests go to: the named one, or where the host redirected.
	at *url.URL
	// authorization is the header's value, or empty.
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

// IsReady is always true: each request says all that the host must know.
func (w *httpWire) IsReady() bool { return true }

func (w *httpWire) IsStateless() bool { return true }

func (w *httpWire) HasMoved() bool { return w.at != w.named }

func (w *httpWire) Close() {}

// Greet asks for the host's abilities, and follows redirects: later requests go where it was answered.
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

// Exchange posts a request. A redirect is not followed here: git does not either, and who knows the new address from
// greeting needs none.
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
	// Reading twice harms nobody: with this empty value, which is not sent, net/http asks once more where the host
	// closed a kept connection at the moment that the request was written.
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
			// Left alone, net/http would go on connecting to a host that says nothing, for the sake of a later request.
			w.client.CloseIdleConnections()
		}
		return nil, httpFailure(err)
	}
	return response, nil
}

// mayShowCredentials tells whether an address is the one that the credentials were given for, or the same host's way to
// it with TLS.
func mayShowCredentials(home, at *url.URL) bool {
	if home.Scheme == at.Scheme && strings.EqualFold(home.Host, at.Host) {
		return true
	}
	upgraded := home.Scheme == "http" && at.Scheme == "https" && strings.EqualFold(home.Hostname(), at.Hostname())
	return upgraded && (home.Port() == "" || home.Port() == "80") && (at.Port() == "" || at.Port() == "443")
}

// compress packs a long request. Ids in hex take half the space by Huffman's code alone; looking for repetitions gains
// a tenth and takes four times as long.
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

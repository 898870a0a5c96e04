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
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

const (
	// maxRedirects is how many redirects of a greeting are followed.
	maxRedirects = 5
	// discoveryPath is appended to a repository's address for a greeting (gitprotocol-http, "Smart Clients").
	discoveryPath = "/info/refs"
	// userAgent begins like git's, because some hosts recognize git by that.
	userAgent = "git/2.0 (mooring)"
	// gzipFrom is the length in bytes from which a request is compressed. Many hosts limit the length of a request.
	gzipFrom = 16 << 10
)

// httpWire speaks Git's smart HTTP protocol (gitprotocol-http). Its requests are independent of each other: between two
// of them only a connection of the client stays open.
type httpWire struct {
	client *http.Client
	// through are the proxies that the client uses.
	through proxies
	// identifies tells whether there is a client certificate.
	identifies bool
	// named is the address in GIT_URL. Credentials are sent only to that host.
	named *url.URL
	// at is the address of requests: the named one, or the one to which the host redirected.
	at *url.URL
	// authorization is the value of the header Authorization, or empty.
	authorization string
	// redact removes secrets from texts of the host.
	redact func(string) string
}

// IsReady implements protocol.Wire. It is always true, because no request depends on a greeting.
func (w *httpWire) IsReady() bool { return true }

// IsStateless implements protocol.Wire.
func (w *httpWire) IsStateless() bool { return true }

// HasMoved implements protocol.Wire.
func (w *httpWire) HasMoved() bool { return w.at != w.named }

// Warning implements protocol.Wire.
func (w *httpWire) Warning() string { return "" }

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
			return w.acceptGreeting(response)
		}
		release(response.Body)
		if at, err = redirectTarget(response); err != nil {
			return nil, err
		}
	}
	return nil, fault.Malformed("it redirects more than %d times", maxRedirects)
}

// acceptGreeting is accept for a greeting. A host that has no program for Git answers with the file info/refs, in which
// each line has an id, a tab and a name (gitprotocol-http, "Dumb Clients").
func (w *httpWire) acceptGreeting(response *http.Response) (protocol.Answer, error) {
	answer, err := w.accept(response)
	if err != nil {
		return nil, err
	}
	if isListOfFiles(answer, mediaTypeOf(response)) {
		answer.End(false)
		return nil, fault.Malformed("the host offers the repository as plain files (the \"dumb\" protocol), which is not supported")
	}
	return answer, nil
}

// isListOfFiles tells whether an answer is the file info/refs. Web servers send that as any type. A text that does not
// begin like a greeting of Git is taken for that file, too.
func isListOfFiles(answer httpAnswer, mediaType string) bool {
	read, _ := answer.Peek(object.SHA256.Digits() + 1) // the reader of the greeting meets the error again
	begin := string(read)
	id, _, hasTab := strings.Cut(begin, "\t")
	if _, isID := object.ParseID(id); isID && hasTab {
		return true
	}
	const lengthSize = 4
	first := begin[min(lengthSize, len(begin)):]
	return mediaType == "text/plain" && !strings.HasPrefix(first, "# service=") && !strings.HasPrefix(first, "version ")
}

func (w *httpWire) discover(ctx context.Context, at *url.URL) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String()+discoveryPath+"?service="+protocol.Service, nil)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	request.Header.Set("Git-Protocol", "version=2")
	return w.send(request, at)
}

// Exchange posts a request. Like git it follows no redirect: a greeting has found the address.
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
	// A request only reads, so it may be sent twice. This empty value is not sent. It makes net/http try again if the
	// host closes an idle connection just when the request is written.
	request.Header["Idempotency-Key"] = []string{}
	response, err := w.send(request, w.at)
	if err != nil {
		return nil, err
	}
	return w.accept(response)
}

func (w *httpWire) send(request *http.Request, at *url.URL) (*http.Response, error) {
	request.Header.Set("User-Agent", userAgent)
	mayIdentify := maySendCredentials(w.named, at)
	if w.authorization != "" && mayIdentify {
		request.Header.Set("Authorization", w.authorization)
	}
	proxy := w.through.of(request)
	meetsProxy := proxy != nil && proxy.Scheme == "https"
	asked, passed := make(chan bool, 1), make(chan bool, 1)
	response, err := w.client.Do(request.WithContext(way{mayIdentify, meetsProxy, asked, passed}.on(request.Context())))
	if err == nil {
		return response, nil
	}
	if request.Context().Err() != nil {
		// Otherwise net/http goes on connecting to a silent host, for a later request.
		w.client.CloseIdleConnections()
	}
	return nil, w.failureOnTheWay(err, proxy, request, noted(asked), noted(passed))
}

// maySendCredentials tells whether an address is the one in GIT_URL, or the same host with TLS instead of plain HTTP,
// both at their usual ports.
func maySendCredentials(home, at *url.URL) bool {
	if home.Scheme == at.Scheme && strings.EqualFold(home.Host, at.Host) {
		return true
	}
	upgraded := home.Scheme == "http" && at.Scheme == "https" && strings.EqualFold(home.Hostname(), at.Hostname())
	return upgraded && (home.Port() == "" || home.Port() == "80") && (at.Port() == "" || at.Port() == "443")
}

// compress compresses a long request. The Huffman code alone halves ids in hex. A search for repetitions would save a
// further tenth and take four times as long.
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

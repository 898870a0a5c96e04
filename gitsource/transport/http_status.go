package transport

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/protocol"
)

// maxErrorBody is how many bytes are read of an answer that is an error.
const maxErrorBody = 64 << 10

// accept returns an answer with status 200, of any media type but that of a web page: proxies and plain CGI set-ups send
// other types than Git's. For any other answer the error says what an operator can do.
func (w *httpWire) accept(response *http.Response) (httpAnswer, error) {
	if response.StatusCode == http.StatusOK {
		if isWebPage(response) {
			response.Body.Close()
			return httpAnswer{}, fault.Malformed("it is a web page; check that GIT_URL is a repository's address, and whether a login is asked for")
		}
		return newHTTPAnswer(response.Body), nil
	}
	said := w.errorText(response)
	response.Body.Close()
	return httpAnswer{}, &statusError{response.StatusCode, fault.Of(w.statusFailure(response, said))}
}

func mediaTypeOf(response *http.Response) string {
	mediaType, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return mediaType
}

func isWebPage(response *http.Response) bool {
	mediaType := mediaTypeOf(response)
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}

// errorText returns the text of an answer with an error, with ": " before it, if it is plain text. It returns nothing
// for web pages, and if a proxy with a password may have sent the answer: the redactor does not know that password.
func (w *httpWire) errorText(response *http.Response) string {
	if mediaTypeOf(response) != "text/plain" || wentThroughProxy(response.Request) {
		return ""
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	said := withoutStatus(response.StatusCode, fault.Said(w.redact(string(text))))
	if err == nil && said != "" {
		return ": " + said
	}
	return ""
}

// withoutStatus removes a status from the beginning of a host's text, because the sentence begins with it. Many hosts
// say nothing else.
func withoutStatus(status int, said string) string {
	number, name := strconv.Itoa(status), http.StatusText(status)
	if rest, found := strings.CutPrefix(said, number); found && strings.TrimLeft(rest, " :-") != rest {
		said = strings.TrimLeft(rest, " :-")
	}
	if name != "" && len(said) >= len(name) && strings.EqualFold(said[:len(name)], name) {
		rest := strings.TrimLeft(said[len(name):], " ")
		if rest == "" || strings.ContainsAny(rest[:1], ":-.,") {
			return strings.TrimLeft(rest, " :-.,")
		}
	}
	return said
}

// wentThroughProxy tells whether a proxy with a password has seen the request. A proxy does not see a request over TLS.
func wentThroughProxy(request *http.Request) bool {
	proxy, err := http.ProxyFromEnvironment(request)
	return request.URL.Scheme == "http" && err == nil && proxy != nil && proxy.User != nil
}

// statusError is an answer whose status is not 200.
type statusError struct {
	status  int
	failure *actors.Failure
}

// Error implements error.
func (e *statusError) Error() string { return e.failure.Error() }

// Unwrap returns the failure for the operator.
func (e *statusError) Unwrap() error { return e.failure }

// Final tells whether the host would answer the same to any other request: it refuses the credentials, or the host or
// the proxy asks for a pause.
func (e *statusError) Final() bool {
	switch e.status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired, http.StatusTooManyRequests,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return e.failure.RetryAfter > 0
}

// unansweredError is a connection that the host closed without an answer. It is a protocol.ErrNoAnswer.
type unansweredError struct{ failure *actors.Failure }

// Error implements error.
func (e *unansweredError) Error() string { return e.failure.Error() }

// Unwrap returns the failure for the operator, and the error that a Session looks for.
func (e *unansweredError) Unwrap() []error { return []error{e.failure, protocol.ErrNoAnswer} }

// statusFailure is the failure for a status code (RFC 9110, section 15). said has gone through errorText.
func (w *httpWire) statusFailure(response *http.Response, said string) error {
	status := response.StatusCode
	shown := strings.TrimSpace(strconv.Itoa(status)+" "+http.StatusText(status)) + said
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return w.refused(shown)
	case status == http.StatusNotFound, status == http.StatusGone:
		return fault.New(actors.CodeNotFound, "There is no such repository, or these credentials may not see it; check "+
			"GIT_URL and the credentials. The Git host answers %s.", shown)
	case status == http.StatusProxyAuthRequired:
		return refusedTunnel(status)
	case status == http.StatusTooManyRequests, status >= 500:
		failure := fault.New(actors.CodeUnreachable, "The Git host cannot answer now: %s.", shown)
		failure.RetryAfter = retryAfter(response.Header.Get("Retry-After"), time.Now())
		return failure
	case isRedirect(status):
		return fault.Malformed("it redirects a request that cannot be redirected; check GIT_URL")
	}
	return fault.New(actors.CodeProtocol, "The Git host does not accept the request: %s.", shown)
}

// refusedTunnel is the failure for a proxy's answer to CONNECT (RFC 9110, section 9.3.6); nil for 200. It does not
// quote the proxy, because the proxy has seen a password that the redactor does not know.
func refusedTunnel(status int) error {
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired:
		return fault.New(actors.CodeUnreachable, "The proxy wants credentials; give them in HTTPS_PROXY or HTTP_PROXY.")
	}
	return fault.New(actors.CodeUnreachable, "The proxy does not connect to the Git host: %d %s.", status,
		http.StatusText(status))
}

// refused is the failure for 401 and 403.
func (w *httpWire) refused(shown string) error {
	switch {
	case w.authorization == "":
		return fault.New(actors.CodeAuth, "The Git host wants credentials (it may do so for a repository that does not exist, "+
			"too); set GIT_USERNAME and GIT_PASSWORD, and check GIT_URL. It answers %s.", shown)
	case !maySendCredentials(w.named, w.at):
		return fault.New(actors.CodeAuth, "GIT_URL redirects to %s, to which the credentials are not sent; set GIT_URL to the "+
			"repository's address there. It answers %s.", fault.Clean(w.at.Host), shown)
	}
	return fault.New(actors.CodeAuth, "The Git host refuses the credentials; check GIT_USERNAME and GIT_PASSWORD (or those "+
		"in GIT_URL) and what they may read. It answers %s.", shown)
}

// retryAfter reads the header Retry-After, which is a number of seconds or a date (RFC 9110, section 10.2.3). It
// returns zero for any other text.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}

// httpFailure turns an error of net/http into one for an operator. It leaves out the address, which may contain a
// password.
func httpFailure(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if failure := fault.Of(err); failure.Code != actors.CodeInternal && !fault.IsCutShort(err) {
		return err
	}
	text := fault.Clean(err.Error())
	switch {
	case fault.IsCutShort(err):
		return fault.New(actors.CodeUnreachable, "The Git host closed the connection without an answer.")
	case strings.Contains(text, "invalid proxy address"):
		return fault.New(actors.CodeUnreachable, "The proxy's address in HTTPS_PROXY or HTTP_PROXY cannot be read.")
	case strings.Contains(text, "Location header"):
		return fault.Malformed("it redirects to an address that cannot be read")
	case strings.Contains(text, "malformed"), strings.Contains(text, "exceeded"), strings.Contains(text, "chunk"),
		strings.HasPrefix(text, "gzip:"), strings.HasPrefix(text, "flate:"):
		return fault.Malformed("it is not valid HTTP")
	}
	return fault.New(actors.CodeUnreachable, "The Git host cannot be reached: %s.", text)
}

package transport

import (
	"io"
	"mime"
	"net/http"
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
	text := readText(response)
	response.Body.Close()
	failure := w.ofConnection(response, text)
	if failure == nil {
		failure = w.statusFailure(response, w.errorText(response, text))
	}
	return httpAnswer{}, &statusError{response.StatusCode, fault.Of(failure)}
}

// readText reads the beginning of an answer that is an error: a text that may be shown, or the page of a status 400,
// which may be about the connection. It returns nothing for any other answer, and for one that breaks off.
func readText(response *http.Response) string {
	if mediaTypeOf(response) != "text/plain" && response.StatusCode != http.StatusBadRequest {
		return ""
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	if err != nil {
		return ""
	}
	return string(text)
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
// for web pages, and if a proxy with a password may have sent the answer.
func (w *httpWire) errorText(response *http.Response, text string) string {
	if mediaTypeOf(response) != "text/plain" || w.wentThroughProxy(response.Request) {
		return ""
	}
	if said := withoutStatus(response.StatusCode, fault.Said(w.redact(text))); said != "" {
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
func (w *httpWire) wentThroughProxy(request *http.Request) bool {
	proxy := w.through.of(request)
	return forwards(proxy, request) && proxy.User != nil
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
		return w.refused(response, shown)
	case status == http.StatusNotFound, status == http.StatusGone:
		return fault.New(actors.CodeNotFound, "There is no such repository, or these credentials may not see it; check "+
			"GIT_URL and the credentials. The Git host answers %s.", shown)
	case status == http.StatusProxyAuthRequired:
		return refusedByProxy(response)
	case status == http.StatusTooManyRequests, status >= 500:
		failure := fault.New(actors.CodeUnreachable, "The Git host cannot answer now: %s.", shown)
		failure.RetryAfter = retryAfter(response.Header.Get("Retry-After"), time.Now())
		return failure
	case isRedirect(status):
		return fault.Malformed("it redirects a request that cannot be redirected; check GIT_URL")
	}
	return fault.New(actors.CodeProtocol, "The Git host does not accept the request: %s.", shown)
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

// httpFailure turns an error of net/http into one for an operator.
func httpFailure(err error) error {
	if failure := fault.Of(err); failure.Code != actors.CodeInternal && !fault.IsCutShort(err) {
		return err
	}
	who, check := fault.Peer(err)
	text := fault.Clean(err.Error())
	switch {
	case fault.IsCutShort(err):
		return fault.New(actors.CodeUnreachable, "%s closed the connection without an answer.", who)
	case strings.Contains(text, "Location header"):
		return fault.Malformed("it redirects to an address that cannot be read")
	case strings.Contains(text, tlsAlert):
		return speaksTLS(who, check)
	case strings.Contains(text, "malformed"), strings.Contains(text, "exceeded"), strings.Contains(text, "chunk"),
		strings.HasPrefix(text, "gzip:"), strings.HasPrefix(text, "flate:"):
		if who != fault.GitHost {
			return fault.New(actors.CodeUnreachable, "%s does not answer with valid HTTP; check %s.", who, check)
		}
		return fault.Malformed("it is not valid HTTP")
	}
	return fault.New(actors.CodeUnreachable, "%s cannot be reached: %s.", who, text)
}

package gitsource

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
)

// maxErrorBody bounds what is read of an answer that is an error.
const maxErrorBody = 64 << 10

// accept takes an answer of the given media type. Anything else is a failure that says what an operator can do.
func (w *httpWire) accept(response *http.Response, mediaType string) (answer, error) {
	if response.StatusCode == http.StatusOK {
		if got := mediaTypeOf(response); got != mediaType {
			response.Body.Close()
			return nil, otherMediaType(got, mediaType)
		}
		return newHTTPAnswer(response.Body), nil
	}
	said := w.errorText(response)
	response.Body.Close()
	return nil, &statusError{response.StatusCode, classify(w.statusFailure(response, said))}
}

func mediaTypeOf(response *http.Response) string {
	mediaType, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return mediaType
}

func otherMediaType(got, want string) error {
	switch {
	case got == "text/html" || got == "application/xhtml+xml":
		return malformed("it is a web page; check that GIT_URL is a repository's address, and whether a login is asked for")
	case got == "text/plain" && strings.HasSuffix(want, "-advertisement"):
		return malformed("the host offers the repository as plain files (the \"dumb\" protocol), which is not supported")
	}
	return malformed("it is not of the media type %s", want)
}

// errorText is what the host says in an error, after ": ", where that is plain text. Nothing of a web page is shown, and
// nothing that may come from a proxy with a password: the redactor does not know that.
func (w *httpWire) errorText(response *http.Response) string {
	if mediaTypeOf(response) != "text/plain" || wentThroughProxy(response.Request) {
		return ""
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	if said := cleanText(w.redact(string(text))); err == nil && said != "" {
		return ": " + said
	}
	return ""
}

// wentThroughProxy tells whether a request was shown to a proxy that was given credentials. Behind TLS it is not.
func wentThroughProxy(request *http.Request) bool {
	proxy, err := http.ProxyFromEnvironment(request)
	return request.URL.Scheme == "http" && err == nil && proxy != nil && proxy.User != nil
}

// statusError is an answer with another status than 200.
type statusError struct {
	status  int
	failure *actors.Failure
}

func (e *statusError) Error() string { return e.failure.Error() }

// Unwrap makes the error the failure that an operator is told.
func (e *statusError) Unwrap() error { return e.failure }

// Final tells whether the same would be answered to any request: the credentials are not good, or the host (or the
// proxy) wants to be left alone.
func (e *statusError) Final() bool {
	switch e.status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired, http.StatusTooManyRequests,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return e.failure.RetryAfter > 0
}

// statusFailure reads a status code (RFC 9110, section 15). What was said has gone through errorText.
func (w *httpWire) statusFailure(response *http.Response, said string) error {
	status := response.StatusCode
	shown := strings.TrimSpace(strconv.Itoa(status)+" "+http.StatusText(status)) + said
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return w.refused(shown)
	case status == http.StatusNotFound, status == http.StatusGone:
		return failf(actors.CodeNotFound, "There is no such repository, or these credentials may not see it; check "+
			"GIT_URL and the credentials. The Git host answers %s.", shown)
	case status == http.StatusProxyAuthRequired:
		return refusedTunnel(status)
	case status == http.StatusTooManyRequests, status >= 500:
		failure := failf(actors.CodeUnreachable, "The Git host cannot answer now: %s.", shown)
		failure.RetryAfter = retryAfter(response.Header.Get("Retry-After"), time.Now())
		return failure
	case isRedirect(status):
		return malformed("it redirects a request that cannot be redirected; check GIT_URL")
	}
	return failf(actors.CodeProtocol, "The Git host does not accept the request: %s.", shown)
}

// refusedTunnel reads a proxy's answer to CONNECT (RFC 9110, section 9.3.6); nil for 200. Its words are not shown: it has
// seen a password that the redactor does not know.
func refusedTunnel(status int) error {
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired:
		return failf(actors.CodeUnreachable, "The proxy wants credentials; give them in HTTPS_PROXY or HTTP_PROXY.")
	}
	return failf(actors.CodeUnreachable, "The proxy does not connect to the Git host: %d %s.", status,
		http.StatusText(status))
}

// refused tells what to do about 401 and 403.
func (w *httpWire) refused(shown string) error {
	switch {
	case w.authorization == "":
		return failf(actors.CodeAuth, "The Git host wants credentials (it may do so for a repository that does not exist, "+
			"too); set GIT_USERNAME and GIT_PASSWORD, and check GIT_URL. It answers %s.", shown)
	case !mayShowCredentials(w.named, w.at):
		return failf(actors.CodeAuth, "GIT_URL redirects to %s, to which the credentials are not shown; set GIT_URL to the "+
			"repository's address there. It answers %s.", cleanText(w.at.Host), shown)
	}
	return failf(actors.CodeAuth, "The Git host refuses the credentials; check GIT_USERNAME and GIT_PASSWORD (or those "+
		"in GIT_URL) and what they may read. It answers %s.", shown)
}

// retryAfter reads the header Retry-After: seconds or a date (RFC 9110, section 10.2.3). Zero for none.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirectTarget is the repository's address that a redirect of the first request leads to. Only the part before
// "/info/refs" may differ, as with git itself; credentials in it are dropped; it may not lead away from TLS.
func redirectTarget(response *http.Response) (*url.URL, error) {
	from := response.Request.URL
	to, err := response.Location()
	if err != nil {
		return nil, malformed("it redirects to an address that cannot be read")
	}
	base, found := strings.CutSuffix(to.EscapedPath(), discoveryPath)
	if !found || to.RawQuery != from.RawQuery {
		return nil, malformed("it redirects to something else than a repository, such as a login page; check GIT_URL")
	}
	if to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return nil, malformed("it redirects to an address that is not HTTP")
	}
	if from.Scheme == "https" && to.Scheme == "http" {
		return nil, failf(actors.CodeUntrusted, "GIT_URL redirects from HTTPS to plain HTTP, which is not followed; "+
			"set GIT_URL to the repository's address.")
	}
	return url.Parse(to.Scheme + "://" + to.Host + base)
}

// httpFailure reads an error of net/http. What it says of the address is left out: that is GIT_URL.
func httpFailure(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if failure := classify(err); failure.Code != actors.CodeInternal && !isCutShort(err) {
		return err
	}
	text := cleanText(err.Error())
	switch {
	case isCutShort(err):
		return failf(actors.CodeUnreachable, "The Git host closed the connection without an answer.")
	case strings.Contains(text, "invalid proxy address"):
		return failf(actors.CodeUnreachable, "The proxy's address in HTTPS_PROXY or HTTP_PROXY cannot be read.")
	case strings.Contains(text, "Location header"):
		return malformed("it redirects to an address that cannot be read")
	case strings.Contains(text, "malformed"), strings.Contains(text, "exceeded"), strings.Contains(text, "chunk"),
		strings.HasPrefix(text, "gzip:"), strings.HasPrefix(text, "flate:"):
		return malformed("it is not HTTP as it should be")
	}
	return failf(actors.CodeUnreachable, "The Git host cannot be reached: %s.", text)
}

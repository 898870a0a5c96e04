package transport

import (
	"net/http"
	"slices"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// tlsAlert is in net/http's error about an answer that begins like an alert of TLS (RFC 8446, section 5.1): a host may
// answer so to a request without TLS.
const tlsAlert = `malformed HTTP response "\x15\x03`

// speaksTLS is the failure for a request without TLS at a port that needs it.
func speaksTLS(who, check string) error {
	return fault.New(actors.CodeProtocol, "%s speaks TLS at this port; %s must begin with https://.", who, check)
}

// ofConnection returns the failure if the page of a status 400 says that the connection is wrong, and not the request:
// it lacks TLS or a client certificate. It returns nil for any other page. The phrases are those of net/http, nginx,
// Apache and Tomcat, which have no other way to say it. Nothing of the page is shown.
func (w *httpWire) ofConnection(response *http.Response, page string) error {
	page = strings.ToLower(page)
	says := func(phrases ...string) bool {
		return slices.ContainsFunc(phrases, func(phrase string) bool { return strings.Contains(page, phrase) })
	}
	switch isPlain := response.Request.URL.Scheme == "http"; {
	case response.StatusCode != http.StatusBadRequest:
		return nil
	case isPlain && says("http request to an https server", "plain http request was sent to https port",
		"plain http to an ssl-enabled server", "host and port requires tls"):
		return speaksTLS(fault.GitHost, "GIT_URL")
	case !isPlain && says("no required ssl certificate was sent", "the ssl certificate error"):
		return w.refusedCertificate(response.Request.URL, "it answers 400 Bad Request")
	}
	return nil
}

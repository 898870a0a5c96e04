package api

import (
	"net/http"
	"net/url"
)

// pageHeader is a header that the status page's script sends with each request; any value counts. A page of another
// site cannot send it: a browser first asks whether the other site may (a preflight request, "CORS protocol" in the
// Fetch standard), and mooring never says yes.
const pageHeader = "Mooring-Page"

// checkOrigin returns the error to answer with when a page of another site made a browser send the request. By
// http.CrossOriginProtection, Sec-Fetch-Site decides, and without it Origin and Host must name the same host. But browsers
// send Sec-Fetch-Site only where HTTPS or loopback is used, and a proxy may rewrite Host or drop its port. So where only
// Origin and Host differ, pageHeader proves that the service's own page has sent the request.
//
// A name of an attacker that points to this machine (DNS rebinding) makes the attacker's page the service's own for the
// browser. It names the attacker's host in Host, where admit checks it against ALLOWED_HOSTS. A proxy that rewrites Host
// hides it there, so checkOrigin checks the host in Origin in the same way.
func (s *Server) checkOrigin(r *http.Request) error {
	if s.crossOrigin.Check(r) == nil {
		return nil
	}
	if r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get(pageHeader) == "" {
		return fault{http.StatusForbidden, codeCrossOrigin,
			"a page of another site may not do this; send the request without a browser or from the service's own page"}
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || !s.hosts.allow(origin.Host) {
		return fault{http.StatusForbidden, codeCrossOrigin, "ALLOWED_HOSTS does not have the host name of the page that " +
			"sent this request; if it is the service's own page behind a proxy, add the name"}
	}
	return nil
}

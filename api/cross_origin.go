package api

import (
	"net/http"
	"net/url"
)

// pageHeader is a header that the status page's script sends with each request; any value counts. A page of another
// site cannot send it: a browser first asks whether the other site may (a preflight request, "CORS protocol" in the
// Fetch standard), and mooring never says yes.
const pageHeader = "Mooring-Page"

// checkOrigin returns the error to answer with when a page of another site made a browser send the request. For
// http.CrossOriginProtection Sec-Fetch-Site decides; without it, Origin and Host must name the same host. Browsers send
// Sec-Fetch-Site only with HTTPS or to loopback, and a proxy may rewrite Host or drop its port. So where only Origin
// and Host differ, pageHeader proves that the service's own page has sent the request.
//
// The owner of a name may point it to this machine (DNS rebinding). For a browser the pages under that name are then
// the service's own. The name is in Host, which admit checks against ALLOWED_HOSTS. A proxy that rewrites Host hides it
// there, so checkOrigin checks the name in Origin too. Without ALLOWED_HOSTS nothing stops such a page.
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

package transport

import (
	"net/http"
	"net/url"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
)

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirectTarget returns the address of the repository from a redirect of a greeting. As with git, only the part before
// "/info/refs" may differ. It drops credentials in the address, and returns an error for a redirect from HTTPS to HTTP.
func redirectTarget(response *http.Response) (*url.URL, error) {
	from := response.Request.URL
	to, err := response.Location()
	if err != nil {
		return nil, fault.Malformed("it redirects to an address that cannot be read")
	}
	base, found := strings.CutSuffix(to.EscapedPath(), discoveryPath)
	if !found || to.RawQuery != from.RawQuery {
		return nil, fault.Malformed("it redirects to something else than a repository, such as a login page; check GIT_URL")
	}
	if to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return nil, fault.Malformed("it redirects to an address that is not HTTP")
	}
	if from.Scheme == "https" && to.Scheme == "http" {
		return nil, fault.New(actors.CodeUntrusted, "GIT_URL redirects from HTTPS to plain HTTP, which is not followed; "+
			"set GIT_URL to the repository's address.")
	}
	return url.Parse(to.Scheme + "://" + to.Host + base)
}

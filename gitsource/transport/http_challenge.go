package transport

import (
	"net/http"
	"slices"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// challenges returns the names of the schemes in a header WWW-Authenticate or Proxy-Authenticate, as the host writes
// them, each once (RFC 9110, section 11.6.1). A field has challenges and their parameters, all separated by commas.
func challenges(fields []string) []string {
	var schemes []string
	for _, field := range fields {
		for _, part := range splitOutsideQuotes(field) {
			name, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
			isParameter := strings.Contains(name, "=") || strings.HasPrefix(strings.TrimSpace(rest), "=")
			isKnown := slices.ContainsFunc(schemes, func(known string) bool { return strings.EqualFold(known, name) })
			if isParameter || isKnown || !isSchemeName(name) || len(schemes) == maxSchemes {
				continue
			}
			schemes = append(schemes, name)
		}
	}
	return schemes
}

const (
	// maxSchemes is how many schemes are told; no host offers as many.
	maxSchemes = 6
	// maxSchemeName is the length of the longest name of a scheme; longer ones are no names.
	maxSchemeName = 32
)

func isSchemeName(name string) bool {
	return name != "" && len(name) <= maxSchemeName && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.*", r))
	})
}

// splitOutsideQuotes splits at the commas that are not inside a quoted string.
func splitOutsideQuotes(field string) []string {
	isQuoted, isEscaped := false, false
	return strings.FieldsFunc(field, func(r rune) bool {
		switch {
		case isEscaped:
			isEscaped = false
		case isQuoted && r == '\\':
			isEscaped = true
		case r == '"':
			isQuoted = !isQuoted
		}
		return r == ',' && !isQuoted
	})
}

func offers(schemes []string, name string) bool {
	return slices.ContainsFunc(schemes, func(scheme string) bool { return strings.EqualFold(scheme, name) })
}

// refused is the failure for 401 and 403. Only 401 says which schemes of authentication the host takes.
func (w *httpWire) refused(response *http.Response, shown string) error {
	if w.authorization != "" && !maySendCredentials(w.named, w.at) {
		return fault.New(actors.CodeAuth, "GIT_URL redirects to %s, to which the credentials are not sent; set GIT_URL to the "+
			"repository's address there. It answers %s.", fault.Clean(w.at.Host), shown)
	}
	var schemes []string
	if response.StatusCode == http.StatusUnauthorized {
		for _, field := range response.Header.Values("WWW-Authenticate") {
			schemes = append(schemes, w.redact(field))
		}
		schemes = challenges(schemes)
	}
	return fault.New(actors.CodeAuth, "%s. It answers %s.", adviceFor(schemes, w.authorization), shown)
}

// adviceFor says what an operator can do about a refusal, by the schemes that the host offers and the credentials that
// it got. A host that offers none has not said what it takes.
func adviceFor(schemes []string, authorization string) string {
	sent, _, _ := strings.Cut(authorization, " ")
	basic, bearer := offers(schemes, "Basic"), offers(schemes, "Bearer")
	switch {
	case len(schemes) > 0 && !basic && !bearer:
		return "The Git host wants credentials by " + strings.Join(schemes, " or ") + ", which mooring does not support; ask " +
			"its operator for Basic over HTTPS, for a bearer token (GIT_BEARER_TOKEN), or for SSH"
	case sent == "" && basic && bearer:
		return "The Git host wants credentials (it may do so for a repository that does not exist, too); set GIT_USERNAME " +
			"and GIT_PASSWORD, or GIT_BEARER_TOKEN, and check GIT_URL"
	case sent == "" && bearer:
		return "The Git host wants credentials by Bearer; set GIT_BEARER_TOKEN, and check GIT_URL"
	case sent == "":
		return "The Git host wants credentials (it may do so for a repository that does not exist, too); set GIT_USERNAME " +
			"and GIT_PASSWORD, and check GIT_URL"
	case sent == "Bearer" && basic && !bearer:
		return "The Git host refuses GIT_BEARER_TOKEN and offers Basic; check the token, or set GIT_USERNAME and " +
			"GIT_PASSWORD in its place"
	case sent == "Bearer":
		return "The Git host refuses the credentials; check GIT_BEARER_TOKEN and what it may read"
	case bearer && !basic:
		return "The Git host takes no user name and password, it wants credentials by Bearer; set GIT_BEARER_TOKEN in " +
			"place of GIT_USERNAME and GIT_PASSWORD"
	}
	return "The Git host refuses the credentials; check GIT_USERNAME and GIT_PASSWORD (or those in GIT_URL) and what " +
		"they may read"
}

// refusedByProxy is the failure for the status 407 of a proxy, which takes only Basic from mooring.
func refusedByProxy(response *http.Response) error {
	schemes := challenges(response.Header.Values("Proxy-Authenticate"))
	if len(schemes) > 0 && !offers(schemes, "Basic") {
		return fault.New(actors.CodeUnreachable, "The proxy wants credentials by %s, which mooring does not support; ask its operator "+
			"for Basic, or name the Git host in NO_PROXY if it can be reached without the proxy.", strings.Join(schemes, " or "))
	}
	return fault.New(actors.CodeUnreachable, "The proxy wants credentials; give them in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY.")
}

// refusedTunnel is the failure for a proxy's answer to CONNECT (RFC 9110, section 9.3.6); nil for 200. It does not
// quote the proxy, because that knows its own password.
func refusedTunnel(response *http.Response) error {
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired:
		return refusedByProxy(response)
	}
	return fault.New(actors.CodeUnreachable, "The proxy does not connect to the Git host: %d %s.", response.StatusCode,
		http.StatusText(response.StatusCode))
}

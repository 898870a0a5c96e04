package gitsource

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// scheme is a way to a repository.
type scheme string

const (
	schemeHTTP  scheme = "http"
	schemeHTTPS scheme = "https"
	schemeSSH   scheme = "ssh"
	schemeGit   scheme = "git"
	// schemeLocal is a file URL or a path of this machine.
	schemeLocal scheme = "local"
)

// endpoint is GIT_URL, taken apart (git-clone, section "Git URLs").
type endpoint struct {
	scheme scheme
	// host is the name with a port where one is given, or empty for a local path.
	host string
	// path is percent-decoded, save for HTTP, where it is as given. A path of SSH may be relative to the user's home.
	path string
	// user and password are percent-decoded. A token is often given as the user alone.
	user, password string
}

// parseEndpoint reads GIT_URL. Its errors are phrases that follow the variable's name; they quote nothing, for a URL
// that cannot be read may hold a password anywhere.
func parseEndpoint(text string) (endpoint, error) {
	if text == "" {
		return endpoint{}, errors.New("must not be empty")
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return endpoint{}, errors.New("must not hold control characters")
	}
	if strings.Contains(text, "://") {
		return parseURL(text)
	}
	if lacksScheme(text) {
		return endpoint{}, errors.New("must begin with https:// or ssh://, for it seems to hold a password")
	}
	if at, ok := parseSCP(text); ok {
		return at, at.check()
	}
	return endpoint{scheme: schemeLocal, path: text}, nil
}

func parseURL(text string) (endpoint, error) {
	u, err := url.Parse(text)
	if err != nil {
		return endpoint{}, errors.New("cannot be read as a URL; special characters of a user name or password must be " +
			"percent-encoded (or set GIT_USERNAME and GIT_PASSWORD instead)")
	}
	if u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return endpoint{}, errors.New("must have no query and no fragment; # and ? in a password must be percent-encoded")
	}
	at := endpoint{scheme: scheme(u.Scheme), host: u.Host, path: u.Path, user: u.User.Username()}
	at.password, _ = u.User.Password()
	switch at.scheme {
	case schemeHTTP, schemeHTTPS:
		at.path = strings.TrimRight(u.EscapedPath(), "/")
	case schemeSSH:
		if strings.HasPrefix(at.path, "/~") {
			at.path = at.path[1:]
		}
	case schemeGit:
	case "file":
		if at.host != "" && at.host != "localhost" {
			return endpoint{}, errors.New("must be file:///path: a file URL names no other machine")
		}
		return endpoint{scheme: schemeLocal, path: at.path}, nil
	default:
		return endpoint{}, errors.New("must be an https, http, ssh, git or file URL, user@host:path, or a local path")
	}
	return at, at.check()
}

// lacksScheme tells whether an address looks like a URL of which the beginning was forgotten: as user@host:path it would
// be another one, and its password a path that anyone may see.
func lacksScheme(text string) bool {
	before, after, _ := strings.Cut(text, ":")
	name, _, found := strings.Cut(after, "@")
	oneSlash := (before == "https" || before == "http") && strings.HasPrefix(after, "/")
	schemes := []string{"//", "http//", "https//"}
	noColon := slices.ContainsFunc(schemes, func(scheme string) bool { return strings.HasPrefix(text, scheme) })
	return oneSlash || found && (noColon || !strings.ContainsAny(before, "@/")) && !strings.Contains(name, "/")
}

// parseSCP reads user@host:path. A slash before the first colon makes it a local path.
func parseSCP(text string) (endpoint, bool) {
	user, rest, found := strings.Cut(text, "@")
	if !found || strings.ContainsAny(user, ":/") {
		user, rest = "", text
	}
	end := 0
	if strings.HasPrefix(rest, "[") {
		end = max(strings.Index(rest, "]"), 0)
	}
	colon := strings.IndexByte(rest[end:], ':')
	if colon < 0 || strings.Contains(rest[:end+colon], "/") {
		return endpoint{}, false
	}
	return endpoint{scheme: schemeSSH, host: rest[:end+colon], path: rest[end+colon+1:], user: user}, true
}

func (e endpoint) check() error {
	switch {
	case e.hostname() == "":
		return errors.New("must name a host")
	case strings.HasPrefix(e.hostname(), "-") || strings.HasPrefix(e.path, "-"):
		return errors.New("must not have a host or path that begins with a dash")
	case strings.ContainsFunc(e.host+e.path+e.user+e.password, unicode.IsControl):
		return errors.New("must not hold control characters, percent-encoded ones included")
	case strings.ContainsRune(e.user, ':'):
		return errors.New("must not have a colon in its user name")
	case e.path == "" && (e.scheme == schemeSSH || e.scheme == schemeGit):
		return errors.New("must name a repository after the host")
	}
	return nil
}

// hostname is the host without port and without the brackets of an IPv6 address.
func (e endpoint) hostname() string { return (&url.URL{Host: e.host}).Hostname() }

// address is host:port to connect to.
func (e endpoint) address(defaultPort string) string {
	port := (&url.URL{Host: e.host}).Port()
	if port == "" {
		port = defaultPort
	}
	return net.JoinHostPort(e.hostname(), port)
}

// isHTTP tells whether the endpoint is reached over HTTP, with or without TLS.
func (e endpoint) isHTTP() bool { return e.scheme == schemeHTTP || e.scheme == schemeHTTPS }

// display is the endpoint without user and password.
func (e endpoint) display() string {
	switch {
	case e.scheme == schemeLocal:
		return e.path
	case e.scheme == schemeSSH && !strings.HasPrefix(e.path, "/"):
		return e.host + ":" + e.path
	}
	return string(e.scheme) + "://" + e.host + e.path
}

package location

import (
	"errors"
	"net"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
)

// Scheme is the way to reach a repository.
type Scheme string

const (
	// HTTP is Git's smart protocol over HTTP without TLS.
	HTTP Scheme = "http"
	// HTTPS is the same with TLS.
	HTTPS Scheme = "https"
	// SSH is git-upload-pack run over SSH.
	SSH Scheme = "ssh"
	// Git is a git daemon.
	Git Scheme = "git"
	// Local is a file URL or a path of this machine.
	Local Scheme = "local"
)

// Endpoint is the parts of GIT_URL (git-clone, section "Git URLs").
type Endpoint struct {
	// Scheme is the way to reach the repository.
	Scheme Scheme
	// Host is the name, and the port if one is given; empty for a local path.
	Host string
	// Path is percent-decoded, except for HTTP, where it is as in GIT_URL. A path of SSH may be relative to the user's
	// home.
	Path string
	// User and password are percent-decoded. A token is often given as the user alone.
	User, password string
}

// Parse reads GIT_URL. An error is a phrase that follows the variable's name. It quotes nothing, because a malformed
// URL may have a password anywhere.
func Parse(text string) (Endpoint, error) {
	if text == "" {
		return Endpoint{}, errors.New("must not be empty")
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return Endpoint{}, errors.New("must not hold control characters")
	}
	if strings.Contains(text, "://") {
		return parseURL(text)
	}
	if lacksScheme(text) {
		return Endpoint{}, errors.New("must begin with https:// or ssh://, because it seems to hold a password")
	}
	if at, ok := parseSCP(text); ok {
		return at, at.check()
	}
	return Endpoint{Scheme: Local, Path: text}, nil
}

func parseURL(text string) (Endpoint, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Endpoint{}, errors.New("cannot be read as a URL; special characters of a user name or password must be " +
			"percent-encoded (or set GIT_USERNAME and GIT_PASSWORD instead)")
	}
	if u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return Endpoint{}, errors.New("must have no query and no fragment; # and ? in a password must be percent-encoded")
	}
	at := Endpoint{Scheme: Scheme(u.Scheme), Host: u.Host, Path: u.Path, User: u.User.Username()}
	at.password, _ = u.User.Password()
	switch at.Scheme {
	case HTTP, HTTPS:
		at.Path = strings.TrimRight(u.EscapedPath(), "/")
	case SSH:
		if strings.HasPrefix(at.Path, "/~") {
			at.Path = at.Path[1:]
		}
	case Git:
	case "file":
		if at.Host != "" && at.Host != "localhost" {
			return Endpoint{}, errors.New("must be file:///path: a file URL names no other machine")
		}
		return Endpoint{Scheme: Local, Path: at.Path}, nil
	default:
		return Endpoint{}, errors.New("must be an https, http, ssh, git or file URL, user@host:path, or a local path")
	}
	return at, at.check()
}

// lacksScheme tells whether an address looks like a URL without its scheme. As user@host:path it would be another
// address, and its password would be a part of the path, which logs and the page show.
func lacksScheme(text string) bool {
	before, after, _ := strings.Cut(text, ":")
	name, _, found := strings.Cut(after, "@")
	oneSlash := (before == "https" || before == "http") && strings.HasPrefix(after, "/")
	schemes := []string{"//", "http//", "https//"}
	noColon := slices.ContainsFunc(schemes, func(scheme string) bool { return strings.HasPrefix(text, scheme) })
	return oneSlash || found && (noColon || !strings.ContainsAny(before, "@/")) && !strings.Contains(name, "/")
}

// parseSCP reads user@host:path. It returns false for a local path, which has a slash before the first colon, or no
// colon.
func parseSCP(text string) (Endpoint, bool) {
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
		return Endpoint{}, false
	}
	return Endpoint{Scheme: SSH, Host: rest[:end+colon], Path: rest[end+colon+1:], User: user}, true
}

// check tells what is wrong with an endpoint of a host.
func (e Endpoint) check() error {
	switch {
	case e.hostname() == "":
		return errors.New("must name a host")
	case strings.HasPrefix(e.hostname(), "-") || strings.HasPrefix(e.Path, "-"):
		return errors.New("must not have a host or path that begins with a dash")
	case strings.ContainsFunc(e.Host+e.Path+e.User+e.password, unicode.IsControl):
		return errors.New("must not hold control characters, percent-encoded ones included")
	case strings.ContainsRune(e.User, ':'):
		return errors.New("must not have a colon in its user name")
	case e.Path == "" && (e.Scheme == SSH || e.Scheme == Git):
		return errors.New("must name a repository after the host")
	}
	return nil
}

// hostname is the host without the port and without the brackets of an IPv6 address.
func (e Endpoint) hostname() string { return (&url.URL{Host: e.Host}).Hostname() }

// Address is the host and the port to connect to, as host:port.
func (e Endpoint) Address(defaultPort string) string {
	port := (&url.URL{Host: e.Host}).Port()
	if port == "" {
		port = defaultPort
	}
	return net.JoinHostPort(e.hostname(), port)
}

// IsHTTP tells whether the endpoint is reached over HTTP, with or without TLS.
func (e Endpoint) IsHTTP() bool { return e.Scheme == HTTP || e.Scheme == HTTPS }

// IsSearched tells whether the repository is looked for upwards from the current directory, as git does. Only the
// default is: if a repository with an explicit path disappears, one further up is another repository.
func (e Endpoint) IsSearched() bool { return e.Scheme == Local && e.Path == "." }

// Name is the last part of the path, without ".git". It is the repository's name to git-clone.
func (e Endpoint) Name() string {
	name := e.Path
	if decoded, err := url.PathUnescape(name); err == nil && e.IsHTTP() {
		name = decoded
	}
	return strings.TrimSuffix(path.Base(strings.TrimRight(name, "/")), ".git")
}

// Display is the endpoint without user and password, for logs and people.
func (e Endpoint) Display() string {
	switch {
	case e.Scheme == Local:
		return e.Path
	case e.Scheme == SSH && !strings.HasPrefix(e.Path, "/"):
		return e.Host + ":" + e.Path
	}
	return string(e.Scheme) + "://" + e.Host + e.Path
}

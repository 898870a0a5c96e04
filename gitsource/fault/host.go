package fault

import (
	"errors"
	"strings"

	"mooring/actors"
)

// HostError is the error message of a Git host: in a packet "ERR", on the third side band, on an SSH session's standard
// error, or when it ends a connection. The text is as it came: Redacted removes secrets from it before it
// is shown.
type HostError struct {
	// Text is the host's message.
	Text string
	// About begins the sentence with what the host was doing, if that is known. If About is empty, the phrases in Text
	// decide on the code, because Git's protocol has no error codes.
	About string
}

// Error implements error.
func (e *HostError) Error() string { return "the Git host says: " + Said(e.Text) }

// Mentions tells whether any of the phrases is in the host's message, in upper or lower case.
func (e *HostError) Mentions(phrases ...string) bool {
	text := strings.ToLower(e.Text)
	for _, phrase := range phrases {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}

// failure looks for the phrases that git, git daemon, the big hosts, Gitea and soft-serve use.
func (e *HostError) failure() *actors.Failure {
	said := Said(e.Text)
	switch {
	case e.About != "":
		return New(actors.CodeProtocol, "%s: %s.", e.About, said)
	case e.Mentions("not exported", "not found", "not appear to be a git repository", "no such", "does not exist",
		"could not be found", "couldn't be found", "cannot find repository", "invalid repo"):
		return New(actors.CodeNotFound, "There is no such repository, or these credentials may not see it; check "+
			"GIT_URL. The Git host says: %s.", said)
	case e.Mentions("denied", "unauthorized", "authentication", "authorization", "permission", "forbidden",
		"not allowed to", "not authorized"):
		return New(actors.CodeAuth, "The Git host refuses the credentials; check them and what they may read. "+
			"It says: %s.", said)
	case e.Mentions("too many", "rate limit", "try again", "temporarily", "maintenance", "overload", "unavailable"):
		return New(actors.CodeUnreachable, "The Git host cannot answer now. It says: %s.", said)
	}
	return New(actors.CodeProtocol, "The Git host could not answer the request. It says: %s.", said)
}

// IsHostError tells whether a HostError is in the chain of an error.
func IsHostError(err error) bool {
	var said *HostError
	return errors.As(err, &said)
}

// UnknownFormat is the failure of a repository whose object ids have a format of that name, which may be any text.
func UnknownFormat(name string) *actors.Failure {
	return New(actors.CodeProtocol, "The repository names its objects in the format %q; only sha1 and sha256 can be read.",
		Clean(name))
}

package fault

import (
	"errors"
	"strings"

	"mooring/actors"
)

// HostError is what a Git host says went wrong: in a packet "ERR", on the third side band, on an SSH session's standard
// error, or when it ends a connection. The text is as it came: a session removes secrets from it before it is shown.
type HostError struct {
	Text string
	// About is what it is about, where that is known; else the host's words decide, for Git knows no codes.
	About string
}

func (e *HostError) Error() string { return "the Git host says: " + Clean(e.Text) }

// Mentions tells whether any of the phrases is in the host's words.
func (e *HostError) Mentions(phrases ...string) bool {
	text := strings.ToLower(e.Text)
	for _, phrase := range phrases {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}

// failure reads the host's words as git itself, git daemon and the big hosts choose them.
func (e *HostError) failure() *actors.Failure {
	said := Clean(e.Text)
	switch {
	case e.About != "":
		return New(actors.CodeProtocol, "%s: %s.", e.About, said)
	case e.Mentions("mismatched object format", "unsupported object format"):
		return SHA256Repository()
	case e.Mentions("not exported", "not found", "not appear to be a git repository", "no such", "does not exist",
		"could not be found", "couldn't be found"):
		return New(actors.CodeNotFound, "There is no such repository, or these credentials may not see it; check "+
			"GIT_URL. The Git host says: %s.", said)
	case e.Mentions("denied", "unauthorized", "authentication", "authorization", "permission", "forbidden",
		"not allowed to"):
		return New(actors.CodeAuth, "The Git host refuses the credentials; check them and what they may read. "+
			"It says: %s.", said)
	case e.Mentions("too many", "rate limit", "try again", "temporarily", "maintenance", "overload", "unavailable"):
		return New(actors.CodeUnreachable, "The Git host cannot answer now. It says: %s.", said)
	}
	return New(actors.CodeProtocol, "The Git host could not answer the request. It says: %s.", said)
}

func IsHostError(err error) bool {
	var said *HostError
	return errors.As(err, &said)
}

func SHA256Repository() *actors.Failure {
	return New(actors.CodeProtocol, "The repository names its objects by SHA-256, which is not supported; use one that "+
		"was made with --object-format=sha1.")
}

package gitsource

import (
	"errors"
	"strings"

	"mooring/actors"
)

// hostError is what a Git host says went wrong: in a packet "ERR", on the third side band, on an SSH session's standard
// error, or when it ends a connection. The text is as it came: a session removes secrets from it before it is shown.
type hostError struct {
	text string
	// about is what it is about, where that is known; else the host's words decide, for Git knows no codes.
	about string
}

func (e *hostError) Error() string { return "the Git host says: " + cleanText(e.text) }

// mentions tells whether any of the phrases is in the host's words.
func (e *hostError) mentions(phrases ...string) bool {
	text := strings.ToLower(e.text)
	for _, phrase := range phrases {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}

// failure reads the host's words as git itself, git daemon and the big hosts choose them.
func (e *hostError) failure() *actors.Failure {
	said := cleanText(e.text)
	switch {
	case e.about != "":
		return failf(actors.CodeProtocol, "%s: %s.", e.about, said)
	case e.mentions("mismatched object format", "unsupported object format"):
		return sha256Repository()
	case e.mentions("not exported", "not found", "not appear to be a git repository", "no such", "does not exist",
		"could not be found", "couldn't be found"):
		return failf(actors.CodeNotFound, "There is no such repository, or these credentials may not see it; check "+
			"GIT_URL. The Git host says: %s.", said)
	case e.mentions("denied", "unauthorized", "authentication", "authorization", "permission", "forbidden",
		"not allowed to"):
		return failf(actors.CodeAuth, "The Git host refuses the credentials; check them and what they may read. "+
			"It says: %s.", said)
	case e.mentions("too many", "rate limit", "try again", "temporarily", "maintenance", "overload", "unavailable"):
		return failf(actors.CodeUnreachable, "The Git host cannot answer now. It says: %s.", said)
	}
	return failf(actors.CodeProtocol, "The Git host could not answer the request. It says: %s.", said)
}

func isHostError(err error) bool {
	var said *hostError
	return errors.As(err, &said)
}

func sha256Repository() *actors.Failure {
	return failf(actors.CodeProtocol, "The repository names its objects by SHA-256, which is not supported; use one that "+
		"was made with --object-format=sha1.")
}

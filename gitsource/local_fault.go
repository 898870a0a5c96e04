package gitsource

import (
	"errors"

	"mooring/actors"
)

// localFault tells of a repository on this machine what classify tells of a host's answer.
func localFault(err error) error {
	var broken *protocolError
	switch {
	case errors.As(err, &broken):
		return failf(actors.CodeProtocol, "The repository at GIT_URL cannot be read: %s.", broken.reason)
	case isCutShort(err):
		return failf(actors.CodeProtocol, "The repository at GIT_URL cannot be read: one of its files is cut short.")
	}
	return err
}

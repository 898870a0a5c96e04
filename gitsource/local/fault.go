package local

import (
	"errors"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// Fault makes failures for errors of a repository on this machine, because the sentences of fault.Of are about a Git
// host. It returns other errors unchanged.
func Fault(err error) error {
	var broken *fault.ProtocolError
	switch {
	case errors.As(err, &broken):
		return fault.New(actors.CodeProtocol, "The repository at GIT_URL cannot be read: %s.", broken.Reason)
	case fault.IsCutShort(err):
		return fault.New(actors.CodeProtocol, "The repository at GIT_URL cannot be read: one of its files is cut short.")
	}
	return err
}

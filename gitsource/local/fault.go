package local

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// Fault makes failures for errors of a repository on this machine, because the sentences of fault.Of are about a Git
// host. An error of the disk becomes a sentence without a path. It returns other errors unchanged.
func Fault(err error) error {
	var (
		failure *actors.Failure
		broken  *fault.ProtocolError
		number  syscall.Errno
		failed  *os.PathError
	)
	switch {
	case errors.As(err, &failure), errors.Is(err, fs.ErrPermission):
		return err
	case errors.As(err, &broken):
		return fault.New(actors.CodeProtocol, "The repository at GIT_URL cannot be read: %s.", broken.Reason)
	case fault.IsCutShort(err):
		return fault.New(actors.CodeProtocol, "The repository at GIT_URL cannot be read: one of its files is cut short.")
	case isTooManyFiles(err):
		return fault.New(actors.CodeProtocol, "The repository at GIT_URL cannot be read, because too many files are open; "+
			"raise the limit (ulimit -n, or LimitNOFILE= of systemd).")
	case errors.As(err, &number):
		return ofDisk(number)
	case errors.As(err, &failed):
		return ofDisk(failed.Err)
	}
	return err
}

func ofDisk(reason error) error {
	return fault.New(actors.CodeProtocol, "The repository at GIT_URL cannot be read: %s; check its disk.",
		fault.Clean(reason.Error()))
}

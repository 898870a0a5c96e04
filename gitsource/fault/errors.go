package fault

import (
	"errors"
	"fmt"
	"io"
)

// ProtocolError is an answer, or a file of a repository, that breaks the rules of Git's protocol and formats.
type ProtocolError struct {
	// Reason is a part of a sentence, such as "its pack is cut short". It quotes no foreign text.
	Reason string
}

// Error implements error.
func (e *ProtocolError) Error() string { return e.Reason }

// Malformed makes a ProtocolError. Its arguments must be fit to be shown.
func Malformed(format string, arguments ...any) error {
	return &ProtocolError{Reason: fmt.Sprintf(format, arguments...)}
}

// CommitError tells why a commit cannot be served. Another request to the host does not help.
type CommitError struct {
	// Reason is a part of a sentence. It quotes no foreign text.
	Reason string
}

// Error implements error.
func (e *CommitError) Error() string { return e.Reason }

// Unservable makes a CommitError. Its arguments must be fit to be shown.
func Unservable(format string, arguments ...any) error {
	return &CommitError{Reason: fmt.Sprintf(format, arguments...)}
}

// IsCutShort tells whether an error means that the bytes ended too early.
func IsCutShort(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

var (
	// ErrNoRepository means that there is no repository at a path.
	ErrNoRepository = errors.New("there is no repository here")
	// ErrNotACommit means that the tracked ref or id names an object of another kind.
	ErrNotACommit = errors.New("it names a tree, a blob or a tag, not a commit")
	// ErrAbsent means that an object was not received and is not in the index. A request for everything may bring it.
	ErrAbsent = errors.New("an object that the commit refers to is missing")
	// ErrTooLarge means that an object is larger than the limit that the caller gave.
	ErrTooLarge = errors.New("an object is larger than may be read")
)

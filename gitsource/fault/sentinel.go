package fault

import (
	"errors"
)

var (
	// ErrNoRepository: there is none at a path, nor above it.
	ErrNoRepository = errors.New("there is no repository here")
	// ErrNotACommit: the tracked ref or id names an object of another kind.
	ErrNotACommit = errors.New("it names a tree, a blob or a tag, not a commit")
	// ErrAbsent: an object is neither sent nor known. Asking for the whole state anew may help.
	ErrAbsent = errors.New("an object that the commit refers to is missing")
	// ErrTooLarge: an object is beyond the limit that was given.
	ErrTooLarge = errors.New("an object is larger than may be read")
)

package gitsource

import "errors"

var (
	// errNoRepository: there is none at a path, nor above it.
	errNoRepository = errors.New("there is no repository here")
	// errNotACommit: the tracked ref or id names an object of another kind.
	errNotACommit = errors.New("it names a tree, a blob or a tag, not a commit")
	// errAbsent: an object is neither sent nor known. Asking for the whole state anew may help.
	errAbsent = errors.New("an object that the commit refers to is missing")
	// errTooLarge: an object is beyond the limit that was given.
	errTooLarge = errors.New("an object is larger than may be read")
)

package actors

import (
	"context"
	"encoding/hex"
	"time"
)

// Source reads the desired state. The refresh actor calls it from one goroutine at a time and keeps what it returns.
type Source interface {
	// Fetch returns the desired state as it is now. It gets the previous one, zero at first, so that the source reads
	// only what has changed. If nothing has changed, Fetch returns the previous one. An error is a *Failure when the
	// source knows what went wrong. Fetch must return when ctx ends.
	Fetch(ctx context.Context, previous DesiredState) (DesiredState, error)
}

// DesiredState is all that Git wants at one commit. It is immutable from the moment a Source returns it.
type DesiredState struct {
	// Revision is the full commit id that everything here was read from.
	Revision string
	// Named is the full id of the object that the tracked ref names. It equals Revision, unless the ref is an annotated
	// tag: then it is the id of the tag, which a push of the tag announces. It is empty if the source does not know it.
	Named string
	// Commit tells people about the revision; zero if the source does not know it.
	Commit Commit
	// Stacks are sorted by path, bytewise.
	Stacks []DesiredStack
	// Skipped are the compose files that cannot be served, sorted by path, bytewise.
	Skipped []Skipped
	// Shadowed are the paths of compose files that are not read because the same directory has one with a better name.
	Shadowed []string
	// Hints are sentences for an operator whose settings are probably not meant as they are.
	Hints []string
	// Warning is a sentence for the log about what the source left out; empty if there is nothing to say.
	Warning string
	// Index is what the source remembers of this state, so that it reads only what has changed the next time. Only the
	// source looks inside. The source keeps nothing else between two calls, so a call that ends too late does no harm.
	Index any
}

// ids are the ids by which a push may name the state: the commit's and, if it is known, the one that the ref names.
func (d DesiredState) ids() []string {
	if d.Named == "" {
		return []string{d.Revision}
	}
	return []string{d.Named, d.Revision}
}

// DesiredStack is a stack as Git has it.
type DesiredStack struct {
	// Path is the directory, relative to the repository's root, with "/"; the root itself is ".".
	Path string
	// ComposeFile is the file's name inside Path.
	ComposeFile string
	// Hash is the compose file's, in the format of package hashing.
	Hash string
	// Tree is the id of the directory in Git. It changes when anything in the directory does. It is empty if the stack
	// was read from a snapshot file of a version that did not know it.
	Tree Tree
}

// Tree is the id of a tree in Git: the 20 bytes of a SHA-1 or the 32 bytes of a SHA-256, because the digits would take
// twice the memory in each stack.
type Tree string

// String returns the id in hexadecimal digits, as git prints it.
func (t Tree) String() string { return hex.EncodeToString([]byte(t)) }

// Commit is what people recognize a commit by. The texts are one line each, bounded, and without control characters.
type Commit struct {
	// Subject is the first line of the message.
	Subject string
	// Author is the name of who wrote the change.
	Author string
	// CommittedAt is when the commit was made, in UTC.
	CommittedAt time.Time
}

// equal tells whether two commits say the same. One of them may have been read from a file, which gives the same time in
// another representation (package time, Time.Equal).
func (c Commit) equal(other Commit) bool {
	isSameTime := c.CommittedAt.Equal(other.CommittedAt)
	c.CommittedAt, other.CommittedAt = time.Time{}, time.Time{}
	return isSameTime && c == other
}

// Origin is where desired states are read from. Two that differ may have different stacks for other reasons than a
// change in Git.
type Origin struct {
	// URL is the repository's address without credentials.
	URL string
	// Ref is the tracked ref as it was set; "HEAD" for the remote's default branch.
	Ref string
	// DeployDir is the directory under which stacks are looked for.
	DeployDir string
	// ComposeFiles are the names that make a directory a stack, the best first, separated by commas.
	ComposeFiles string
}

// Skipped is a compose file that cannot be served, with the reason.
type Skipped struct {
	// Path of the file. Bytes that are not UTF-8 and control characters are escaped as in a Go string literal.
	Path string
	// Reason is a phrase for an operator, such as "a symbolic link that leaves the repository".
	Reason string
}

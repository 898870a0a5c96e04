package actors

import (
	"context"
	"time"
)

// Source reads the desired state. The refresh actor calls it from one goroutine at a time and keeps what it returns.
type Source interface {
	// Fetch returns the desired state as it is now. The previous one, zero at first, saves the source from reading again
	// what it knows; where nothing has moved the previous one itself comes back. An error is a *Failure when the source
	// knows what went wrong. Fetch must come back when ctx ends.
	Fetch(ctx context.Context, previous DesiredState) (DesiredState, error)
}

// DesiredState is what Git says at one commit, whole. It is immutable from the moment a Source returns it.
type DesiredState struct {
	// Revision is the full commit id that everything here was read from.
	Revision string
	// Stacks are sorted by path, bytewise.
	Stacks []DesiredStack
	// Skipped are the compose files that cannot be served, sorted by path, bytewise.
	Skipped []Skipped
	// Shadowed are the paths of compose files that are not read because a better name stands in the same directory.
	Shadowed []string
	// Index is the source's own: what it needs to read the next state for the price of what changed. Others carry it
	// without looking inside, so that the source keeps nothing between calls and a late one harms nobody.
	Index any
}

// DesiredStack is a stack as Git has it.
type DesiredStack struct {
	// Path is the directory, relative to the repository's root, with "/"; the root itself is ".".
	Path string
	// ComposeFile is the file's name inside Path.
	ComposeFile string
	// Hash is the compose file's, in the format of package hashing.
	Hash string
}

// Skipped is a compose file that cannot be served, and why.
type Skipped struct {
	// Path of the file. Bytes that are not UTF-8 and control characters are escaped as in a Go string literal.
	Path string
	// Reason is a phrase for an operator, such as "a symbolic link that leaves the repository".
	Reason string
}

// Status tells how far a stack is applied to the runtime. Deployers move it; Git adds and removes stacks.
type Status string

const (
	// Missing: nothing is known to run (or a deployer said that it failed).
	Missing Status = "missing"
	// Syncing: a deployer is applying the stack.
	Syncing Status = "syncing"
	// Synced: a deployer has applied the stack; AppliedHash tells which content.
	Synced Status = "synced"
	// Deleting: Git no longer has the stack and something may still run.
	Deleting Status = "deleting"
)

// Stack is a stack of the snapshot: what Git wants beside what is applied.
type Stack struct {
	DesiredStack
	Status          Status
	StatusChangedAt time.Time
	// AppliedHash is the hash that a deployer last reported as applied; empty when none ever was.
	AppliedHash string
}

// InSync tells whether what runs is what Git wants.
func (s Stack) InSync() bool { return s.Status == Synced && s.AppliedHash == s.Hash }

// Snapshot is the published desired state: one commit's, whole, with every stack's status. It is immutable: whoever
// holds one may read it for ever.
type Snapshot struct {
	// Version counts the changes since the process started; two snapshots of one process with the same Version are equal.
	Version uint64
	// Revision is the commit that the stacks were read from; empty before the first one.
	Revision string
	// ChangedAt is when the revision, the stacks, a status or what is skipped last changed; zero before the first refresh.
	ChangedAt time.Time
	// Stacks are sorted by path, bytewise; the deleting ones stand among them.
	Stacks []Stack
	// Skipped are sorted by path, bytewise.
	Skipped []Skipped
}

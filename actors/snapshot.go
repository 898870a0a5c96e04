package actors

import "time"

// Status tells how far a stack is applied. Deployers change it with their reports, and refreshes when a stack leaves
// Git or comes back.
type Status string

const (
	// Missing: no deployer has applied the stack, or a deployer reported that it failed.
	Missing Status = "missing"
	// Syncing: a deployer is applying the stack.
	Syncing Status = "syncing"
	// Synced: a deployer has applied the stack; AppliedHash tells which content.
	Synced Status = "synced"
	// Deleting: Git no longer has the stack, and something of it may still run. A stack whose compose file is in Git
	// and cannot be served keeps the status that it had.
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

// mayRun tells whether a deployer may have started something of the stack.
func (s Stack) mayRun() bool { return s.Status != Missing || s.AppliedHash != "" }

// Snapshot is the published desired state of one commit, with the status of every stack. It is immutable.
type Snapshot struct {
	// Version counts the changes since the process started; two snapshots of one process with the same Version are
	// equal.
	Version uint64
	// Revision is the commit that the stacks were read from; empty before the first one.
	Revision string
	// ChangedAt is when the revision, the stacks, a status or what is skipped last changed; zero before the first
	// refresh.
	ChangedAt time.Time
	// Stacks are sorted by path, bytewise. They include the deleting ones.
	Stacks []Stack
	// Skipped are sorted by path, bytewise.
	Skipped []Skipped
}

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
	// DesiredStack is the stack as Git has it, or had it last. It is never nil and never changes. It is a pointer into
	// the desired state, so that a snapshot of very many stacks does not hold a second copy.
	*DesiredStack
	Status          Status
	StatusChangedAt time.Time
	// AppliedHash is the hash that a deployer last reported as applied; empty when none ever was.
	AppliedHash string
	// Hold is set while Git does not have the stack and its removal is held; else nil. The value never changes.
	Hold *Hold
	// Deployment is what deployers told of the stack besides; nil when they told nothing. The value never changes.
	Deployment *Deployment
}

// Hold is why the removal of stacks is held. The stacks of one refresh share it.
type Hold struct {
	// Reason is a sentence that says why, and how to let the stacks go.
	Reason string
}

// Deployment is what deployers told of a stack besides its status and the applied hash.
type Deployment struct {
	// AppliedTree is the tree that was reported together with AppliedHash; empty when none was.
	AppliedTree Tree
	// Target names the host or cluster that the stack was last reported from; empty when no report named one.
	Target string
	// LastSync is the last attempt to apply the stack.
	LastSync Sync
}

// InSync tells whether what runs is what Git wants.
func (s Stack) InSync() bool { return s.Status == Synced && s.AppliedHash == s.Hash }

// HasFailed tells whether the last attempt to apply the stack failed.
func (s Stack) HasFailed() bool {
	return s.Status == Missing && s.Deployment != nil && s.Deployment.LastSync.Outcome == SyncFailed
}

// Told returns Deployment, or its zero value.
func (s Stack) Told() Deployment {
	if s.Deployment == nil {
		return Deployment{}
	}
	return *s.Deployment
}

// mayRun tells whether a deployer may have started something of the stack.
func (s Stack) mayRun() bool { return s.Status != Missing || s.AppliedHash != "" }

// equal tells whether two stacks are the same. It takes two holds or two deployments for different that were not made
// by the same message.
func (s Stack) equal(other Stack) bool {
	same := *s.DesiredStack == *other.DesiredStack
	s.DesiredStack, other.DesiredStack = nil, nil
	return same && s == other
}

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
	// Commit tells people about the revision; zero when it is not known.
	Commit Commit
	// Origin is where the revision was read from.
	Origin Origin
	// Stacks are sorted by path, bytewise. They include the deleting and the held ones.
	Stacks []Stack
	// Skipped are sorted by path, bytewise.
	Skipped []Skipped
	// Hints are sentences for an operator whose settings are probably not meant as they are.
	Hints []string
}

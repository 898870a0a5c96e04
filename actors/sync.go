package actors

import "time"

// Outcome is how an attempt to apply a stack ended.
type Outcome string

const (
	// SyncDone: a deployer has applied the stack.
	SyncDone Outcome = "synced"
	// SyncFailed: a deployer could not apply the stack.
	SyncFailed Outcome = "failed"
)

// Sync is an attempt to apply a stack, as a deployer told of it: from the report syncing to the report after it. The zero
// value is no attempt.
type Sync struct {
	// StartedAt and FinishedAt are when the reports came. FinishedAt is zero while the attempt lasts. They are equal if
	// there was no report syncing.
	StartedAt, FinishedAt time.Time
	// Outcome is empty while the attempt lasts, and after a report that the stack is no longer applied.
	Outcome Outcome
	// Message is why the attempt failed: one line of a deployer; empty when it gave none.
	Message string
	// Revision is the commit that the deployer applied; empty when it told none.
	Revision string
	// Hash is the compose file's that was applied; empty if the attempt has not succeeded.
	Hash string
	// Target names the host or cluster; empty when the deployer named none.
	Target string
}

// says tells whether the attempt has what a report says of it. What a report does not say counts as said.
func (s Sync) says(r Report) bool {
	return (r.Message == "" || r.Message == s.Message) && (r.Revision == "" || r.Revision == s.Revision) &&
		(r.Target == "" || r.Target == s.Target)
}

// with returns the attempt with what a report says of it.
func (s Sync) with(r Report) Sync {
	s.Message = r.Message
	if r.Revision != "" {
		s.Revision = r.Revision
	}
	if r.Target != "" {
		s.Target = r.Target
	}
	return s
}

// repeats tells whether a report says only what the stack has already.
func (s Stack) repeats(r Report) bool {
	told := s.Told()
	isSame := s.Status == r.Status && told.LastSync.says(r)
	if r.Status == Synced {
		return isSame && s.AppliedHash == r.Hash && (r.Tree == "" || r.Tree == told.AppliedTree)
	}
	return isSame
}

// reported returns the stack after a report.
func (s Stack) reported(r Report, now time.Time) Stack {
	if s.repeats(r) {
		return s
	}
	told := s.Told()
	told.LastSync = s.nextSync(r, now)
	if r.Target != "" {
		told.Target = r.Target
	}
	if r.Status == Synced {
		s.AppliedHash, told.AppliedTree = r.Hash, r.Tree
	}
	if s.Status != r.Status {
		s.Status, s.StatusChangedAt = r.Status, now
	}
	s.Deployment = &told
	return s
}

// nextSync returns the attempt that a report begins or ends.
func (s Stack) nextSync(r Report, now time.Time) Sync {
	attempt := Sync{StartedAt: now}
	if s.Status == Syncing && r.Status != Syncing {
		attempt = s.Told().LastSync
		if attempt.StartedAt.IsZero() { // the snapshot file of an older version has only the status
			attempt.StartedAt = s.StatusChangedAt
		}
	}
	attempt = attempt.with(r)
	switch {
	case r.Status == Syncing:
		return attempt
	case r.Status == Synced:
		attempt.Outcome, attempt.Hash = SyncDone, r.Hash
	case s.Status == Syncing || r.Message != "":
		attempt.Outcome = SyncFailed
	}
	attempt.FinishedAt = now
	return attempt
}

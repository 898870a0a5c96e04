package actors

import "time"

// Phase is a step in the life of a refresh.
type Phase string

const (
	// Refreshing: it runs.
	Refreshing Phase = "refreshing"
	// Queued: it starts when the running one ends.
	Queued Phase = "queued"
	// Completed: it has ended, and the snapshot is as in Git.
	Completed Phase = "completed"
	// Failed: it has ended, and the snapshot is as it was before.
	Failed Phase = "failed"
)

// Refresh is the state of one refresh at one moment. It is a value and is never updated in place.
type Refresh struct {
	ID      string
	Phase   Phase
	Trigger Trigger
	// Replaces is the id of the queued refresh whose place this one took, or empty.
	Replaces string
	// StartedAt is zero while the refresh is queued, and FinishedAt until it has ended.
	StartedAt, FinishedAt time.Time
	// Duration of the run, measured on the monotonic clock; zero until it has ended.
	Duration time.Duration
	// Revision that a completed refresh found.
	Revision string
	// Changes that a completed refresh made; the zero value when it made none.
	Changes Changes
	// Failure of a failed refresh, else nil.
	Failure *Failure
}

// Ended tells whether the refresh has completed or failed.
func (r Refresh) Ended() bool { return r.Phase == Completed || r.Phase == Failed }

// Changes are the paths of the stacks that are new in Git, that have a changed compose file, that are gone from Git, and
// that have the same compose file in a changed directory. Each list is sorted bytewise.
type Changes struct {
	Added, Changed, Removed, Touched []string
}

// Count is how many paths there are in all lists.
func (c Changes) Count() int { return len(c.Added) + len(c.Changed) + len(c.Removed) + len(c.Touched) }

// Code is the stable name of a reason why a refresh failed, as api/openapi.json lists them.
type Code string

const (
	// CodeUnreachable: name resolution, connection, 5xx or 429.
	CodeUnreachable Code = "git_unreachable"
	// CodeUntrusted: a TLS certificate or SSH host key that is not trusted.
	CodeUntrusted Code = "git_untrusted"
	// CodeAuth: the host refused the credentials, or asks for credentials that are not set.
	CodeAuth Code = "git_auth"
	// CodeNotFound: no such repository.
	CodeNotFound Code = "git_not_found"
	// CodeRefNotFound: the repository has no such ref or commit.
	CodeRefNotFound Code = "git_ref_not_found"
	// CodeEmpty: the repository has no commit.
	CodeEmpty Code = "git_empty"
	// CodeProtocol: the answer is not Git's, or is damaged, incomplete or beyond the limits.
	CodeProtocol Code = "git_protocol"
	// CodeTimeout: the refresh took longer than it may.
	CodeTimeout Code = "timeout"
	// CodeDeployDirNotFound: the commit has no deploy directory.
	CodeDeployDirNotFound Code = "deploy_dir_not_found"
	// CodeDeployDirNotADirectory: the path of the deploy directory is something else, such as a file.
	CodeDeployDirNotADirectory Code = "deploy_dir_not_a_directory"
	// CodeInternal: a fault of this program.
	CodeInternal Code = "internal"
)

// Failure tells why a refresh failed. Anyone may see it: the message is one line, has no secret, and quotes a Git host
// with no more than a short clean phrase.
type Failure struct {
	Code    Code
	Message string
	// RetryAfter is how long the Git host asked to be left alone (RFC 9110, 10.2.3), or zero.
	RetryAfter time.Duration
}

// Error returns the message: the code is for programs.
func (f *Failure) Error() string { return f.Message }

// Package fault says what went wrong: it turns any error of a refresh into an *actors.Failure, which has a stable code
// and one sentence that tells an operator what to do.
//
// Of is where errors end. It knows errors of the standard library (names that cannot be resolved, connections, TLS), of
// SSH, and those that this package defines:
//
//	ProtocolError   an answer, a pack or a file breaks the rules of Git
//	CommitError     a commit holds what cannot be served
//	HostError       what a Git host itself says went wrong
//	Err…            values that callers match with errors.Is
//
// A text that came from elsewhere is shown by Clean alone: in one line, without control characters, and short. Secrets
// are removed by Redacted, before a text is shortened.
package fault

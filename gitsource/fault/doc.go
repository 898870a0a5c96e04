// Package fault turns any error of a refresh into an *actors.Failure, which has a stable code and a sentence that tells
// an operator what to do.
//
// Of does that. It knows errors of the standard library (names that cannot be resolved, connections, TLS), of SSH, and
// those that this package defines:
//
//	ProtocolError   an answer, a pack or a file breaks the rules of Git
//	CommitError     a commit cannot be served
//	HostError       the error message of a Git host
//	Err…            values that callers match with errors.Is
//
// A foreign text must go through Clean before it is shown: that makes it one short line without control characters.
// Redacted removes secrets before a text is shortened.
package fault

package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"mooring/actors"
)

// New makes a Failure. Texts of a Git host among its arguments must have gone through Clean.
func New(code actors.Code, format string, arguments ...any) *actors.Failure {
	return &actors.Failure{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// Of turns any error of a refresh into a failure: a stable code and a sentence for an operator. It returns a Failure
// inside err unchanged, and nil for nil. An error that it does not know gets actors.CodeInternal.
func Of(err error) *actors.Failure {
	var failure *actors.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, context.DeadlineExceeded):
		return New(actors.CodeTimeout, "Git did not finish its answer in time; look at the host and the network, "+
			"or raise REFRESH_TIMEOUT.")
	case errors.Is(err, context.Canceled):
		return New(actors.CodeTimeout, "The refresh was stopped before its end.")
	}
	for _, rule := range []func(error) *actors.Failure{OfTrust, OfNetwork, localFailure, protocolFailure} {
		if failure := rule(err); failure != nil {
			return failure
		}
	}
	return New(actors.CodeInternal, "Internal fault: %s.", Clean(err.Error()))
}

// localFailure returns the failure for an error of a repository, mostly of one on this machine; nil for any other
// error.
func localFailure(err error) *actors.Failure {
	switch {
	case errors.Is(err, ErrNoRepository):
		return New(actors.CodeNotFound, "There is no Git repository at GIT_URL.")
	case errors.Is(err, ErrNotACommit):
		return New(actors.CodeRefNotFound, "GIT_REF must lead to a commit: %s.", ErrNotACommit)
	case errors.Is(err, fs.ErrPermission):
		return New(actors.CodeAuth, "The repository may not be read by this user; check the permissions of its files.")
	}
	return nil
}

// protocolFailure returns the failure for an answer that breaks the rules of Git's protocol; nil for any other error.
func protocolFailure(err error) *actors.Failure {
	var (
		said     *HostError
		broken   *ProtocolError
		inCommit *CommitError
	)
	switch {
	case errors.As(err, &said):
		return said.failure()
	case errors.As(err, &inCommit):
		return New(actors.CodeProtocol, "The commit cannot be served: %s.", inCommit.Reason)
	case errors.As(err, &broken):
		return New(actors.CodeProtocol, "The Git host's answer cannot be read: %s.", broken.Reason)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return New(actors.CodeProtocol, "The Git host's answer is cut short.")
	}
	return nil
}

// EmptyRepository is the failure of a repository without any commit.
func EmptyRepository() *actors.Failure {
	return New(actors.CodeEmpty, "The repository is empty: push a first commit.")
}

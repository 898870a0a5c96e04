package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"

	"mooring/actors"
)

// MaxText is how many characters of a foreign text are shown.
const MaxText = 300

// New makes a Failure. What its arguments quote from a Git host went through Clean.
func New(code actors.Code, format string, arguments ...any) *actors.Failure {
	return &actors.Failure{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// Of turns any error of a refresh into what an operator is told: a stable code and one sentence. A Failure inside
// err is kept as it is; an error that nothing here knows is this program's fault.
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

// localFailure knows the errors of repositories, local ones above all.
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

// protocolFailure knows answers that are not what Git's protocol says.
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

// ProtocolError is an answer that breaks the rules of Git's protocol. The reason is in this program's words.
type ProtocolError struct {
	Reason string
}

func (e *ProtocolError) Error() string { return e.Reason }

func Malformed(format string, arguments ...any) error {
	return &ProtocolError{Reason: fmt.Sprintf(format, arguments...)}
}

// CommitError is what a commit itself holds that cannot be served, however it is asked for. The reason is in this
// program's words.
type CommitError struct {
	Reason string
}

func (e *CommitError) Error() string { return e.Reason }

func Unservable(format string, arguments ...any) error {
	return &CommitError{Reason: fmt.Sprintf(format, arguments...)}
}

// EmptyRepository is the failure of a repository without any commit.
func EmptyRepository() *actors.Failure {
	return New(actors.CodeEmpty, "The repository is empty: push a first commit.")
}

// Clean makes a foreign text fit to be shown: one line of at most 300 characters, without control and formatting
// characters.
func Clean(text string) string {
	text = strings.ToValidUTF8(text, "�")
	visible := func(r rune) rune {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return r
		}
		return ' '
	}
	runes := []rune(strings.Join(strings.Fields(strings.Map(visible, text)), " "))
	if len(runes) > MaxText {
		runes = append(runes[:MaxText-1], '…')
	}
	return strings.TrimRight(string(runes), ". ")
}

// IsCutShort tells whether an error is an end that came too early.
func IsCutShort(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// redacted is the failure that an operator is told of an error, without the secrets that redact knows. Where the context
// has ended that is the reason, whatever else went wrong after it.
func Redacted(ctx context.Context, err error, redact func(string) string) *actors.Failure {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	var said *HostError
	if errors.As(err, &said) {
		// Before its blanks are joined and its end is cut off: both would hide a secret's shape.
		said.Text = redact(said.Text)
	}
	failure := *Of(err)
	failure.Message = strings.ToValidUTF8(redact(failure.Message), "�") // a secret may be any bytes
	return &failure
}

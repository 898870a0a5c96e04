package gitsource

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

// maxText is how many characters of a foreign text are shown.
const maxText = 300

// failf makes a Failure. What its arguments quote from a Git host went through cleanText.
func failf(code actors.Code, format string, arguments ...any) *actors.Failure {
	return &actors.Failure{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// classify turns any error of a refresh into what an operator is told: a stable code and one sentence. A Failure inside
// err is kept as it is; an error that nothing here knows is this program's fault.
func classify(err error) *actors.Failure {
	var failure *actors.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, context.DeadlineExceeded):
		return failf(actors.CodeTimeout, "Git did not finish its answer in time; look at the host and the network, "+
			"or raise REFRESH_TIMEOUT.")
	case errors.Is(err, context.Canceled):
		return failf(actors.CodeTimeout, "The refresh was stopped before its end.")
	}
	for _, rule := range []func(error) *actors.Failure{trustFailure, networkFailure, localFailure, protocolFailure} {
		if failure := rule(err); failure != nil {
			return failure
		}
	}
	return failf(actors.CodeInternal, "Internal fault: %s.", cleanText(err.Error()))
}

// localFailure knows the errors of repositories, local ones above all.
func localFailure(err error) *actors.Failure {
	switch {
	case errors.Is(err, errNoRepository):
		return failf(actors.CodeNotFound, "There is no Git repository at GIT_URL.")
	case errors.Is(err, errNotACommit):
		return failf(actors.CodeRefNotFound, "GIT_REF must lead to a commit: %s.", errNotACommit)
	case errors.Is(err, fs.ErrPermission):
		return failf(actors.CodeAuth, "The repository may not be read by this user; check the permissions of its files.")
	}
	return nil
}

// protocolFailure knows answers that are not what Git's protocol says.
func protocolFailure(err error) *actors.Failure {
	var (
		said     *hostError
		broken   *protocolError
		inCommit *commitError
	)
	switch {
	case errors.As(err, &said):
		return said.failure()
	case errors.As(err, &inCommit):
		return failf(actors.CodeProtocol, "The commit cannot be served: %s.", inCommit.reason)
	case errors.As(err, &broken):
		return failf(actors.CodeProtocol, "The Git host's answer cannot be read: %s.", broken.reason)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return failf(actors.CodeProtocol, "The Git host's answer is cut short.")
	}
	return nil
}

// protocolError is an answer that breaks the rules of Git's protocol. The reason is in this program's words.
type protocolError struct {
	reason string
}

func (e *protocolError) Error() string { return e.reason }

func malformed(format string, arguments ...any) error {
	return &protocolError{reason: fmt.Sprintf(format, arguments...)}
}

// commitError is what a commit itself holds that cannot be served, however it is asked for. The reason is in this
// program's words.
type commitError struct {
	reason string
}

func (e *commitError) Error() string { return e.reason }

func unservable(format string, arguments ...any) error {
	return &commitError{reason: fmt.Sprintf(format, arguments...)}
}

// emptyRepository is the failure of a repository without any commit.
func emptyRepository() *actors.Failure {
	return failf(actors.CodeEmpty, "The repository is empty: push a first commit.")
}

// cleanText makes a foreign text fit to be shown: one line of at most 300 characters, without control and formatting
// characters.
func cleanText(text string) string {
	text = strings.ToValidUTF8(text, "�")
	visible := func(r rune) rune {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return r
		}
		return ' '
	}
	runes := []rune(strings.Join(strings.Fields(strings.Map(visible, text)), " "))
	if len(runes) > maxText {
		runes = append(runes[:maxText-1], '…')
	}
	return strings.TrimRight(string(runes), ". ")
}

// isCutShort tells whether an error is an end that came too early.
func isCutShort(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// redacted is the failure that an operator is told of an error, without the secrets that redact knows. Where the context
// has ended that is the reason, whatever else went wrong after it.
func redactedFailure(ctx context.Context, err error, redact func(string) string) *actors.Failure {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	var said *hostError
	if errors.As(err, &said) {
		// Before its blanks are joined and its end is cut off: both would hide a secret's shape.
		said.text = redact(said.text)
	}
	failure := *classify(err)
	failure.Message = strings.ToValidUTF8(redact(failure.Message), "�") // a secret may be any bytes
	return &failure
}

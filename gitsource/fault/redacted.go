package fault

import (
	"context"
	"errors"
	"strings"

	"mooring/actors"
)

// Redacted is like Of, and removes the secrets that redact knows from the sentence. If the context has ended, that is
// the reason given: what went wrong after it is only a consequence.
func Redacted(ctx context.Context, err error, redact func(string) string) *actors.Failure {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	var said *HostError
	if errors.As(err, &said) {
		// This must come before Clean, which joins blanks and cuts off the end: a secret could not be recognized then.
		said.Text = redact(said.Text)
	}
	failure := *Of(err)
	failure.Message = strings.ToValidUTF8(redact(failure.Message), "�") // a secret may be any bytes
	return &failure
}

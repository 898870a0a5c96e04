package fault

import (
	"context"
	"errors"
	"strings"

	"mooring/actors"
)

// Redacted is like Of, and calls redact to remove secrets from the sentence. If the context has ended, the failure says
// that: other errors are only a consequence.
func Redacted(ctx context.Context, err error, redact func(string) string) *actors.Failure {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	var said *HostError
	if errors.As(err, &said) {
		// Redact before Clean: Clean joins blanks and cuts off the end, and redact does not find a secret after that.
		said.Text = redact(said.Text)
	}
	failure := *Of(err)
	failure.Message = strings.ToValidUTF8(redact(failure.Message), "�") // a secret may be any bytes
	return &failure
}

package fault

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

func TestASecretIsRemovedBeforeTheTextIsCut(t *testing.T) {
	is := is.New(t)
	hide := func(text string) string { return strings.ReplaceAll(text, "pass  word", "***") }
	for _, text := range []string{"no entry for pass  word", strings.Repeat("x", MaxText-8) + " pass  word"} {
		message := Redacted(t.Context(), &HostError{Text: text}, hide).Message
		is.True(!strings.Contains(message, "pass"))
		is.True(strings.Contains(message, "*"))
	}
}

func TestTheEndOfTheContextIsTheReasonWhateverFollowsIt(t *testing.T) {
	is := is.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	asItIs := func(text string) string { return text }
	is.Equal(Redacted(ctx, io.ErrUnexpectedEOF, asItIs).Code, actors.CodeTimeout)
	is.Equal(Redacted(t.Context(), io.ErrUnexpectedEOF, asItIs).Code, actors.CodeProtocol)
}

package pktline

import (
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
)

func TestASidebandEndsAtItsFlushAlone(t *testing.T) {
	is := is.New(t)
	content, err := io.ReadAll(NewSideband(strings.NewReader(githost.Lines("\x01PA", "\x02busy", "\x01", "\x01CK", "") + "more")))
	is.NoErr(err)
	is.Equal(string(content), "PACK")
	for name, message := range map[string]string{
		"cut":       githost.Lines("\x01PACK"),
		"cut short": githost.Lines("\x01PACK")[:7],
		"an error":  githost.Lines("\x01PA", "\x03out of memory\n", ""),
		"band four": githost.Lines("\x04x", ""),
		"no band":   "0004",
		"delimiter": githost.Lines("\x01PACK", "|"),
	} {
		_, err := io.ReadAll(NewSideband(strings.NewReader(message)))
		if err == nil || fault.Of(err).Code != actors.CodeProtocol {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The bytes of a pack do not count against the limit for the bytes beside it.
func TestAPackIsNotBesideItself(t *testing.T) {
	is := is.New(t)
	full := githost.Lines("\x01" + strings.Repeat("x", MaxSize-5))
	const count = 2*maxBeside/MaxSize + 1
	source := io.LimitReader(&githost.Repeating{Line: full}, count*int64(len(full)))
	read, err := io.Copy(io.Discard, NewSideband(io.MultiReader(source, strings.NewReader(FlushPacket))))
	is.NoErr(err)
	is.Equal(read, int64(count*(MaxSize-5)))
}

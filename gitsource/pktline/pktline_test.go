package pktline

import (
	"bytes"
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestALineIsAPacketOfItsTextAndANewline(t *testing.T) {
	is := is.New(t)
	for _, length := range []int{0, 1, 11, 12, 250, 251, 4090, 4091, 65_000} {
		text := strings.Repeat("x", length)
		var line, same bytes.Buffer
		AppendLine(&line, text)
		AppendLine(&same, []byte(text))
		is.Equal(line.String(), Encode(text+"\n"))
		is.Equal(same.String(), line.String())
	}
}

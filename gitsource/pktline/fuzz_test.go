package pktline

import (
	"strings"
	"testing"

	"mooring/gitsource/githost"
)

// FuzzPackets reads any bytes as packets: reading ends with the end of the input, or with an error that blames the host
// and not this program.
func FuzzPackets(f *testing.F) {
	for _, message := range []string{"", "0000", "0001", "0004", "0005a", "000bERR no\n", "0003", "zz", "fff1", "0010ab"} {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message string) {
		packets := NewReader(strings.NewReader(message), 1<<20)
		for {
			_, line, err := packets.Line()
			if err != nil {
				githost.BlameTheHost(t, err)
				return
			}
			if len(line) > MaxSize {
				t.Fatal("a packet longer than packets can be")
			}
		}
	})
}

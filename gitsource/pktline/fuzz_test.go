package pktline

import (
	"strings"
	"testing"

	"mooring/gitsource/githost"
)

// FuzzPackets holds the reader of packets to what it promises of any bytes: it ends, with an end of the input or a
// failure that is the host's, never this program's.
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

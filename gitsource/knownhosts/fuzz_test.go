package knownhosts

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

// Whatever a file has before and after it, a line about a revoked key is never without an effect.
func FuzzALineNeverHidesARevokedKey(f *testing.F) {
	f.Add("", "", "ssh-ed25519 AAAA")
	f.Add("x y", "|1|a|b ssh-rsa AAAA", "")
	f.Add("# text\r", "@cert-authority", "x\ty")
	f.Fuzz(func(t *testing.T, before, after, key string) {
		is := is.New(t)
		var h Hosts
		h.add("file", before+"\n@revoked host "+key+"\n"+after)
		_, err := h.At("host", "22")
		_, text, _ := strings.Cut("@revoked host "+key, " ")
		first, _, _ := strings.Cut(text, "\n")
		isRead := parse("@revoked "+strings.Trim(first, " \t\r")).key != nil
		is.True(err != nil || isRead)
		is.Equal(h.Warning() == "", unreadable(h.lines) == "")
	})
}

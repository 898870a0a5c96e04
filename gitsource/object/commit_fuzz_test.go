package object

import (
	"strings"
	"testing"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// FuzzCommitAndTag reads any text as a commit and as an annotated tag. The id is the 40 or 64 digits behind the label
// in the first line. Any other text is an error of the protocol.
func FuzzCommitAndTag(f *testing.F) {
	for _, format := range []Format{SHA1, SHA256} {
		id := strings.Repeat("0123456789abcdef0123456789ABCDEF", 2)[:format.Digits()]
		for _, label := range []string{"tree ", "object ", "Tree ", "tree  ", "object\t", "\nobject ", "tree", ""} {
			for _, digits := range []string{id, id[1:], id + "0", id[2:] + "0x", id[1:] + "g", strings.Repeat("0", len(id)), ""} {
				for _, end := range []string{"\n", "\nparent x\n", "", " \n", "\r\n", "\x00\n", "\ntree x\n"} {
					f.Add(format == SHA256, []byte(label+digits+end))
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, isSHA256 bool, text []byte) {
		format := formatOf(isSHA256)
		commit, err := format.ReadCommit(text)
		isFirstID(t, format, text, "tree ", commit.Tree, err)
		target, err := format.TagTarget(text)
		isFirstID(t, format, text, "object ", target, err)
	})
}

// formatOf is the format for the tests' first argument.
func formatOf(isSHA256 bool) Format {
	if isSHA256 {
		return SHA256
	}
	return SHA1
}

// isFirstID checks the id that was read from a text with a label in its first line.
func isFirstID(t *testing.T, format Format, text []byte, label string, id ID, err error) {
	t.Helper()
	line, _, _ := strings.Cut(string(text), "\n")
	digits, labelled := strings.CutPrefix(line, label)
	isZero := strings.Trim(digits, "0") == ""
	looksLikeSHA1 := format == SHA256 && len(digits) == 64 && strings.HasSuffix(digits, strings.Repeat("0", 24)) && !isZero
	switch {
	case labelled && len(digits) == format.Digits() && strings.Trim(digits, "0123456789abcdefABCDEF") == "" && !looksLikeSHA1:
		if err != nil || id.IsZero() != isZero || !isZero && id.String() != strings.ToLower(digits) {
			t.Fatalf("%q has the id %s: %v", text, id, err)
		}
	case err == nil:
		t.Fatalf("%q has the id %s", text, id)
	case fault.Of(err).Code != actors.CodeProtocol:
		t.Fatalf("%q: %s: %v", text, fault.Of(err).Code, err)
	}
}

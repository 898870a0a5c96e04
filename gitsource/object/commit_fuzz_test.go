package object

import (
	"strings"
	"testing"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// FuzzCommitAndTag reads any text as a commit and as an annotated tag. The id is the 40 digits behind the label in the
// first line. Any other text is an error of the protocol.
func FuzzCommitAndTag(f *testing.F) {
	const id = "0123456789abcdef0123456789ABCDEF01234567"
	for _, label := range []string{"tree ", "object ", "Tree ", "tree  ", "object\t", "\nobject ", "tree", ""} {
		for _, digits := range []string{id, id[1:], id + "0", id[2:] + "0x", id[1:] + "g", strings.Repeat("0", 40), ""} {
			for _, end := range []string{"\n", "\nparent x\n", "", " \n", "\r\n", "\x00\n", "\ntree x\n"} {
				f.Add([]byte(label + digits + end))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		commit, err := ReadCommit(text)
		isFirstID(t, text, "tree ", commit.Tree.String(), err)
		target, err := TagTarget(text)
		isFirstID(t, text, "object ", target.String(), err)
	})
}

// isFirstID checks the id that was read from a text with a label in its first line.
func isFirstID(t *testing.T, text []byte, label, id string, err error) {
	t.Helper()
	line, _, _ := strings.Cut(string(text), "\n")
	digits, labelled := strings.CutPrefix(line, label)
	switch {
	case labelled && len(digits) == 40 && strings.Trim(digits, "0123456789abcdefABCDEF") == "":
		if err != nil || id != strings.ToLower(digits) {
			t.Fatalf("%q has the id %s: %v", text, id, err)
		}
	case err == nil:
		t.Fatalf("%q has the id %s", text, id)
	case fault.Of(err).Code != actors.CodeProtocol:
		t.Fatalf("%q: %s: %v", text, fault.Of(err).Code, err)
	}
}

package index

import (
	"context"
	"strings"
	"testing"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// FuzzSymbolicLink follows any target from a directory of a small repository. It must end, at a file of the repository
// or with a reason.
func FuzzSymbolicLink(f *testing.F) {
	for _, target := range []string{"file", "../a/file", "../../x", "/etc/passwd", "loop", "../b/up/up/file", "././/file", "", "..", "\x00"} {
		f.Add(false, target, "../a")
		f.Add(true, target, "../a")
	}
	f.Fuzz(func(t *testing.T, isSHA256 bool, target, other string) {
		format := object.SHA1
		if isSHA256 {
			format = object.SHA256
		}
		fuzzSymbolicLink(t, format, target, other)
	})
}

func fuzzSymbolicLink(t *testing.T, format object.Format, target, other string) {
	raw := func(n byte) string { return strings.Repeat(string([]byte{n}), format.Size()) }
	id := func(n byte) object.ID { return format.ID([]byte(raw(n))) }
	trees := map[object.ID]string{
		id(1): "40000 a\x00" + raw(2) + "40000 b\x00" + raw(3) + "100644 file\x00" + raw(10) + "160000 sub\x00" + raw(11),
		id(2): "100644 file\x00" + raw(12) + "120000 link\x00" + raw(20) + "120000 loop\x00" + raw(21),
		id(3): "40000 up\x00" + raw(1) + "120000 other\x00" + raw(22), // a directory in itself, which cannot be made but can be imagined
	}
	texts := map[object.ID]string{id(20): other, id(21): "loop", id(22): target}
	resolver := newLinkResolver(func(_ context.Context, id object.ID) ([]byte, error) {
		tree, found := trees[id]
		if !found {
			return nil, fault.ErrAbsent
		}
		return []byte(tree), nil
	}, func(id object.ID) (string, bool) { text, found := texts[id]; return text, found })
	at, reason, known, err := resolver.follow(t.Context(), target, []object.ID{id(1), id(2)})
	isFile := at == id(10) || at == id(12)
	if err != nil || !known || (reason == "") != isFile {
		t.Fatalf("%q leads to %s, %q, %t, %v", target, at, reason, known, err)
	}
}

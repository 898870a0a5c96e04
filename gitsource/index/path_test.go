package index

import (
	"testing"

	"github.com/matryer/is"
)

func TestPathsAreEscapedOnlyWhereTheyMustBe(t *testing.T) {
	is := is.New(t)
	for path, want := range map[string]string{
		"a b/\"ö☃'\\": "a b/\"ö☃'\\", "a\x00b": `a\x00b`, "\n\r\t\x1b\x7f": `\n\r\t\x1b\x7f`,
		"\xff\xfeé": `\xff\xfeé`, "\u0085\u2028": `\u0085` + "\u2028", "\ufffd": "\ufffd", "\xe2\x98": `\xe2\x98`,
	} {
		is.Equal(Escape(path), want)
	}
}

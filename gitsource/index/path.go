package index

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mooring/gitsource/fault"
)

// joinPath is the path of a name in a directory. The path of the root is ".".
func joinPath(path, name string) string {
	if path == "." {
		return name
	}
	return path + "/" + name
}

// isShowable tells whether a path can be shown and sent as it is: it must be UTF-8 without control characters.
func isShowable(path string) bool {
	return utf8.ValidString(path) && !strings.ContainsFunc(path, unicode.IsControl)
}

// Escape writes a text of Git with its control characters, and its bytes that are not UTF-8, as in a Go string literal.
func Escape(path string) string {
	if isShowable(path) {
		return path
	}
	var escaped strings.Builder
	for len(path) > 0 {
		r, size := utf8.DecodeRuneInString(path)
		character := path[:size]
		if r == utf8.RuneError && size == 1 || unicode.IsControl(r) {
			character = strings.Trim(strconv.Quote(character), `"`)
		}
		escaped.WriteString(character)
		path = path[size:]
	}
	return escaped.String()
}

// pathBudget counts the bytes of the visited paths. A few bytes of nested trees can name any number of long paths.
type pathBudget int

const maxPathBytes = 256 << 20

// spend counts a path. The error is a fault.CommitError: the paths are too long together.
func (b *pathBudget) spend(path string) error {
	if *b += pathBudget(len(path)); *b > maxPathBytes {
		return fault.Unservable("the paths of the stacks are longer than %d bytes together", maxPathBytes)
	}
	return nil
}

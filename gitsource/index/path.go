package index

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mooring/gitsource/fault"
)

// joinPath joins a directory's path, which is "." for the root, and a name in it.
func joinPath(path, name string) string {
	if path == "." {
		return name
	}
	return path + "/" + name
}

// isShowable tells whether a path can be shown and sent as it is: UTF-8 without control characters (contract, rule
// 4.6).
func isShowable(path string) bool {
	return utf8.ValidString(path) && !strings.ContainsFunc(path, unicode.IsControl)
}

// escapePath writes the bytes of a path that are not UTF-8, and control characters, as a Go string literal does.
func escapePath(path string) string {
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

// pathBudget bounds what the paths that are looked at come to together. Trees can be nested so that few bytes name any
// number of long paths.
type pathBudget int

const maxPathBytes = 256 << 20

func (b *pathBudget) spend(path string) error {
	if *b += pathBudget(len(path)); *b > maxPathBytes {
		return fault.Unservable("the paths of the stacks are longer than %d bytes together", maxPathBytes)
	}
	return nil
}

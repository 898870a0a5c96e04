package location

import (
	"errors"
	"slices"
	"strings"
)

// validateRef returns an error if GIT_REF can name neither a ref nor a commit. The error is a phrase that follows the
// variable's name.
func validateRef(ref string) error {
	tracked := ParseRef(ref)
	isNothing := len(tracked.Names) == 0 && tracked.Commit.IsZero() // only zeros, by which hosts mean "no commit"
	if isNothing || slices.ContainsFunc(tracked.Names, func(name string) bool { return !validRefName(name) }) {
		return errors.New("must be a ref name such as refs/heads/main, a commit id of 40 or 64 hex digits, a branch or a tag")
	}
	return nil
}

// validRefName tells whether a full name can be that of a ref (git-check-ref-format).
func validRefName(name string) bool {
	if strings.HasSuffix(name, ".") {
		return false
	}
	if strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.ContainsAny(name, " ~^:?*[\\\x7f") {
		return false
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return false
	}
	return !slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
		return part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock")
	})
}

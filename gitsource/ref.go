package gitsource

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// trackedRef is what GIT_REF asks for.
type trackedRef struct {
	// names are the full ref names to look for, best first; empty where a commit is given.
	names []string
	// commit is the id that GIT_REF pins; zero where a ref is followed.
	commit plumbing.Hash
}

// parseRef reads GIT_REF (contract, section 2): nothing or HEAD, a full ref name, 40 hex digits, else a branch, else a
// tag. The name is taken as it is; validRefName tells whether it can be one.
func parseRef(ref string) trackedRef {
	switch {
	case ref == "" || ref == "HEAD":
		return trackedRef{names: []string{"HEAD"}}
	case strings.HasPrefix(ref, "refs/"):
		return trackedRef{names: []string{ref}}
	case isObjectID(ref):
		return trackedRef{commit: plumbing.NewHash(ref)}
	}
	return trackedRef{names: []string{"refs/heads/" + ref, "refs/tags/" + ref}}
}

// isPinned tells whether a commit is given, which cannot move.
func (r trackedRef) isPinned() bool { return !r.commit.IsZero() }

// String names what is tracked, for a sentence.
func (r trackedRef) String() string {
	if r.isPinned() {
		return "commit " + r.commit.String()
	}
	return strings.Join(r.names, " or ")
}

// isObjectID tells whether text is a full SHA-1 object id in hex.
func isObjectID(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == 40
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

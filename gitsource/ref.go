package gitsource

import (
	"errors"
	"slices"
	"strings"

	"mooring/actors"
)

// trackedRef is what GIT_REF asks for.
type trackedRef struct {
	// names are the full ref names to look for, best first; empty where a commit is given.
	names []string
	// commit is the id that GIT_REF pins; zero where a ref is followed.
	commit objectID
}

// parseRef reads GIT_REF (contract, section 2): nothing or HEAD, a full ref name, 40 hex digits, else a branch, else a
// tag. The name is taken as it is; validRefName tells whether it can be one.
func parseRef(ref string) trackedRef {
	switch {
	case ref == "" || ref == "HEAD":
		return trackedRef{names: []string{"HEAD"}}
	case strings.HasPrefix(ref, "refs/"):
		return trackedRef{names: []string{ref}}
	}
	if id, ok := parseID(ref); ok {
		return trackedRef{commit: id}
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

// notFound is the failure of a repository that has refs, but not this one.
func (r trackedRef) notFound() *actors.Failure {
	switch {
	case r.isPinned():
		return failf(actors.CodeRefNotFound, "The repository has no %s, or its host does not serve commits by their ids; "+
			"check GIT_REF.", r)
	case r.names[0] == "HEAD":
		return failf(actors.CodeRefNotFound, "The repository's HEAD names a branch that does not exist; set GIT_REF.")
	}
	return failf(actors.CodeRefNotFound, "The repository has no %s; check GIT_REF.", r)
}

// validateRef tells whether GIT_REF can name anything. The error is a phrase that follows the variable's name.
func validateRef(ref string) error {
	tracked := parseRef(ref)
	isNothing := len(tracked.names) == 0 && tracked.commit.IsZero() // as hosts write "no commit"
	if isNothing || slices.ContainsFunc(tracked.names, func(name string) bool { return !validRefName(name) }) {
		return errors.New("must be a ref name such as refs/heads/main, a commit id of 40 hex digits, a branch or a tag")
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

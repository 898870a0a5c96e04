package location

import (
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// Ref is the parsed GIT_REF.
type Ref struct {
	// Names are the full ref names to look for, the best first; empty if a commit is given.
	Names []string
	// Commit is the id that GIT_REF names; zero if a ref is followed.
	Commit object.ID
}

// ParseRef reads GIT_REF: nothing or HEAD is the remote HEAD, "refs/…" is a full ref name, 40 or 64 hex digits are a
// commit, and anything else is a branch or, if there is no such branch, a tag. It accepts every text; Settings.Validate
// tells whether it can be a name.
func ParseRef(ref string) Ref {
	switch {
	case ref == "" || ref == "HEAD":
		return Ref{Names: []string{"HEAD"}}
	case strings.HasPrefix(ref, "refs/"):
		return Ref{Names: []string{ref}}
	}
	if id, ok := object.ParseID(ref); ok {
		return Ref{Commit: id}
	}
	return Ref{Names: []string{"refs/heads/" + ref, "refs/tags/" + ref}}
}

// IsPinned tells whether GIT_REF is a commit. No push changes that.
func (r Ref) IsPinned() bool { return !r.Commit.IsZero() }

// String names the ref or the commit, for a sentence.
func (r Ref) String() string {
	if r.IsPinned() {
		return "commit " + r.Commit.String()
	}
	return strings.Join(r.Names, " or ")
}

// CheckFormat returns a failure if GIT_REF is a commit id and the repository has ids of another format.
func (r Ref) CheckFormat(of object.Format) error {
	if named := r.Commit.Format(); r.IsPinned() && named != of {
		return fault.New(actors.CodeRefNotFound, "GIT_REF is a commit id of %d hex digits, and the repository's ids have %d "+
			"(%s); check GIT_REF.", named.Digits(), of.Digits(), of)
	}
	return nil
}

// NotFound is the failure of a repository that has refs and lacks the tracked one.
func (r Ref) NotFound() *actors.Failure {
	switch {
	case r.IsPinned():
		return fault.New(actors.CodeRefNotFound, "The repository has no %s, or its host does not serve commits by their ids; "+
			"check GIT_REF.", r)
	case r.Names[0] == "HEAD":
		return fault.New(actors.CodeRefNotFound, "The repository's HEAD names a branch that does not exist; set GIT_REF.")
	}
	return fault.New(actors.CodeRefNotFound, "The repository has no %s; check GIT_REF.", r)
}

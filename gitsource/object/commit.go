package object

import (
	"bytes"

	"mooring/gitsource/fault"
)

// CommitTree reads the id of a commit's tree (git-commit-tree).
func CommitTree(commit []byte) (ID, error) {
	return firstID(commit, "tree ", "a commit")
}

// TagTarget reads the id of what an annotated tag names (git-mktag).
func TagTarget(tag []byte) (ID, error) {
	return firstID(tag, "object ", "an annotated tag")
}

// firstID reads the id that an object's first line holds after a label.
func firstID(object []byte, label, what string) (ID, error) {
	line, _, _ := bytes.Cut(object, []byte("\n"))
	digits, found := bytes.CutPrefix(line, []byte(label))
	id, isID := ParseID(string(digits))
	if !found || !isID {
		return ID{}, fault.Malformed("%s does not begin with %q and an id", what, label)
	}
	return id, nil
}

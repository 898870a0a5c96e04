package object

import (
	"bytes"

	"mooring/gitsource/fault"
)

// CommitTree reads the id of the tree from a commit's bytes (git-commit-tree). The error is a fault.ProtocolError.
func (f Format) CommitTree(commit []byte) (ID, error) {
	return f.firstID(commit, "tree ", "a commit")
}

// TagTarget reads the id of the object that an annotated tag names from the tag's bytes (git-mktag). The error is a
// fault.ProtocolError.
func (f Format) TagTarget(tag []byte) (ID, error) {
	return f.firstID(tag, "object ", "an annotated tag")
}

// firstID reads an id from an object's first line, which is a label and the id.
func (f Format) firstID(object []byte, label, what string) (ID, error) {
	line, _, _ := bytes.Cut(object, []byte("\n"))
	digits, found := bytes.CutPrefix(line, []byte(label))
	id, isID := f.ParseID(string(digits))
	if !found || !isID {
		return ID{}, fault.Malformed("%s does not begin with %q and an id", what, label)
	}
	return id, nil
}

package main

import (
	"fmt"
	"strings"
)

// shape is the size of a repository in several respects.
type shape struct {
	// stacks is the number of stacks. Each has four files.
	stacks int
	// history is the number of commits before the served one, and refs the number of branches beside it.
	history, refs int
	// blobs is the size in MB of all big files beside the stacks.
	blobs int
}

// String names the shape in a table.
func (s shape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s stacks", thousands(s.stacks))
	if s.history > 0 {
		fmt.Fprintf(&b, " + %s commits", thousands(s.history))
	}
	if s.refs > 0 {
		fmt.Fprintf(&b, " + %s refs", thousands(s.refs))
	}
	if s.blobs > 0 {
		fmt.Fprintf(&b, " + %s MB", thousands(s.blobs))
	}
	return b.String()
}

// directory is the name of the repository of this shape. The first number changes when the code makes repositories in
// another way, so that an old repository is not taken for a new one.
func (s shape) directory() string {
	return fmt.Sprintf("3-stacks%d-history%d-refs%d-blobs%d.git", s.stacks, s.history, s.refs, s.blobs)
}

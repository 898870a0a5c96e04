package main

import (
	"fmt"
	"strings"
)

// shape is what a repository is like.
type shape struct {
	// stacks is how many there are, each with four files.
	stacks int
	// history is how many commits there are before the one that is served, refs how many branches beside it.
	history, refs int
	// blobs is how many MB of big files stand beside the stacks.
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

// directory is the name of the repository of this shape. The first number goes up when repositories are made in another
// way, so that one that was kept from before is not taken for a new one.
func (s shape) directory() string {
	return fmt.Sprintf("3-stacks%d-history%d-refs%d-blobs%d.git", s.stacks, s.history, s.refs, s.blobs)
}

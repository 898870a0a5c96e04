package index

import (
	"context"

	"mooring/actors"
	"mooring/gitsource/object"
)

// Rules say what a stack is. An Index that was built by some rules is of no use under others.
type Rules struct {
	// ComposeFiles are the names of the files that make a directory a stack, the best first.
	ComposeFiles []string
	// DeployDir is the directory in which stacks are looked for, at any depth: a clean path with "/", or "." for the
	// root.
	DeployDir string
}

// Result is what Build makes of a commit, and what the next Build begins with. The zero value is for the first.
type Result struct {
	// State has the stacks, and the files that were skipped or shadowed. Its Revision and Index are left to the caller.
	State actors.DesiredState
	// Index is for the next Build.
	Index *Index
}

// Build makes the stacks of the commit whose root tree is given. before is the Result of an earlier commit under the
// same rules, or zero. It reads what differs from that. Errors are those of the objects (fault.ErrAbsent among them), a
// fault.CommitError for what cannot be served, and an *actors.Failure for a deploy directory that is not there.
func Build(
	ctx context.Context, by Rules, root object.ID, from Objects, before Result,
) (Result, error) {
	b := newBuilder(by.ComposeFiles, from, before.Index)
	trail, err := b.descend(ctx, root, by.DeployDir)
	if err != nil {
		return Result{}, err
	}
	var counterpart *directory
	if before.Index != nil {
		counterpart = before.Index.top
	}
	top, err := b.directory(ctx, trail[len(trail)-1], counterpart, 0)
	if err != nil {
		return Result{}, err
	}
	odd, err := b.settle(ctx, trail, top, by.DeployDir)
	if err != nil {
		return Result{}, err
	}
	next := &Index{trail: trail, top: top, blobs: odd.blobs, trees: odd.links.touched}
	state, err := b.state(next, odd, by.DeployDir, before.State)
	return Result{state, next}, err
}

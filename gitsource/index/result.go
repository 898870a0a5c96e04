package index

import (
	"context"

	"mooring/actors"
	"mooring/gitsource/object"
)

// Rules define a stack. An Index is valid only for the rules that it was built with.
type Rules struct {
	// ComposeFiles are the names of the files that make a directory a stack, the best first.
	ComposeFiles []string
	// DeployDir is the directory in which stacks are looked for, at any depth: a clean path with "/", or "." for the
	// root.
	DeployDir string
}

// Result is the result of Build for a commit, and the input of the next Build. The first Build gets the zero value.
type Result struct {
	// State has the stacks, the files that were skipped or shadowed, and the hints. The caller sets everything else.
	State actors.DesiredState
	// Index is for the next Build.
	Index *Index
}

// Build makes the stacks of a commit from its root tree. before is the Result of an earlier commit under the same
// rules, or zero; Build reads only what differs from it. Errors are those of the objects (fault.ErrAbsent among them),
// a fault.CommitError for a commit that cannot be served, and an *actors.Failure for a missing deploy directory.
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

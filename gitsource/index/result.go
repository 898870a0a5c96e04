package index

import (
	"context"

	"mooring/actors"
	"mooring/gitsource/object"
)

// Rules say what a stack is.
type Rules struct {
	// ComposeFiles are the names that make a directory a stack, best first.
	ComposeFiles []string
	// DeployDir is where stacks are looked for: a clean path with "/", "." for the repository's root.
	DeployDir string
}

// Result is what a commit comes to, and what the next build begins with. The zero value is where nothing was built yet.
type Result struct {
	// State holds the stacks and what was left out; its Revision and Index are the caller's.
	State actors.DesiredState
	// Index is what was learned on the way.
	Index *Index
}

// Build makes the stacks of a commit, whose root tree is given, from its objects and from what was built before under the
// same rules. It reads no more than differs. Errors are those of the objects, a fault.CommitError for what no stack
// can be made of, and an *actors.Failure for a deploy directory that is not there.
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

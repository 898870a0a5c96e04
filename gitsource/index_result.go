package gitsource

import (
	"context"

	"mooring/actors"
)

// indexRules say what a stack is.
type indexRules struct {
	// ComposeFiles are the names that make a directory a stack, best first.
	ComposeFiles []string
	// DeployDir is where stacks are looked for: a clean path with "/", "." for the repository's root.
	DeployDir string
}

// indexResult is what a commit comes to, and what the next build begins with. The zero value is where nothing was built yet.
type indexResult struct {
	// State holds the stacks and what was left out; its Revision and Index are the caller's.
	State actors.DesiredState
	// Index is what was learned on the way.
	Index *index
}

// buildIndex makes the stacks of a commit, whose root tree is given, from its objects and from what was built before under the
// same rules. It reads no more than differs. Errors are those of the objects, a fault.CommitError for what no stack
// can be made of, and an *actors.Failure for a deploy directory that is not there.
func buildIndex(
	ctx context.Context, by indexRules, root objectID, from objects, before indexResult,
) (indexResult, error) {
	b := newBuilder(by.ComposeFiles, from, before.Index)
	trail, err := b.descend(ctx, root, by.DeployDir)
	if err != nil {
		return indexResult{}, err
	}
	var counterpart *directory
	if before.Index != nil {
		counterpart = before.Index.top
	}
	top, err := b.directory(ctx, trail[len(trail)-1], counterpart, 0)
	if err != nil {
		return indexResult{}, err
	}
	odd, err := b.settle(ctx, trail, top, by.DeployDir)
	if err != nil {
		return indexResult{}, err
	}
	next := &index{trail: trail, top: top, blobs: odd.blobs, trees: odd.links.touched}
	state, err := b.state(next, odd, by.DeployDir, before.State)
	return indexResult{state, next}, err
}

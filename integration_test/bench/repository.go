package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"mooring/integration_test/lab"
)

const (
	// hidden are refs that the host shows nobody: the commits that main is moved to.
	hidden     = "refs/bench"
	hiddenBase = hidden + "/base"
	hiddenLast = hidden + "/last"
)

// repository is one on this machine, which the host serves.
type repository struct {
	lab.Repository
	shape shape
	// commits are what main can be moved to: the base, and then each a change of one compose file of the one before.
	commits []string
}

// repository returns one of a shape with so many changes to come, and makes those that there are not yet. Its main is
// at the base.
func (b *bench) repository(ctx context.Context, s shape, changes int) (repository, error) {
	r := repository{Repository: lab.Repository{Path: filepath.Join(b.repositories, s.directory())}, shape: s}
	if _, err := os.Stat(r.Path); errors.Is(err, fs.ErrNotExist) {
		if err := b.generate(ctx, s, r.Path); err != nil {
			return repository{}, err
		}
	}
	known, err := r.listCommits(ctx)
	if err != nil {
		return repository{}, err
	}
	if made := len(known) - 1; made < changes {
		b.say("make %d changes of %s", changes-made, s)
		if err := r.addChanges(ctx, made, changes); err != nil {
			return repository{}, err
		}
		if known, err = r.listCommits(ctx); err != nil {
			return repository{}, err
		}
	}
	r.commits = known[:changes+1]
	return r, r.Move(r.commits[0])
}

// listCommits returns the base and the changes that there are, oldest first.
func (r repository) listCommits(ctx context.Context) ([]string, error) {
	base, err := r.Git(ctx, "rev-parse", hiddenBase)
	if err != nil {
		return nil, err
	}
	changes, err := r.Commits(ctx, hiddenBase+".."+hiddenLast)
	return append([]string{base}, changes...), err
}

// addChanges makes the changes from one number up to another, without it.
func (r repository) addChanges(ctx context.Context, from, to int) error {
	return r.Import(ctx, func(i *lab.Importer) {
		i.Pass(r.shape.history + from)
		for change := from; change < to; change++ {
			parent := ""
			if change == from {
				parent = hiddenLast + "^0"
			}
			edit := r.shape.history + change + 1
			stack := newContent(-2, edit).IntN(r.shape.stacks)
			i.Commit(hiddenLast, fmt.Sprintf("Change %d", change+1), parent)
			i.File(composePath(stack), composeFileOf(stack, edit))
		}
	})
}

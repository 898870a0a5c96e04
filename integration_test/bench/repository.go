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
	// hidden is the prefix of refs that the host does not list: they keep the commits to which main is moved.
	hidden     = "refs/bench"
	hiddenBase = hidden + "/base"
	hiddenLast = hidden + "/last"
)

// repository is a repository on this machine that the host serves.
type repository struct {
	lab.Repository
	shape shape
	// commits are the base, and then commits that each change one compose file of the one before. main can be moved to
	// each.
	commits []string
}

// repository returns a repository of a shape with that many changes after the base, and makes the missing ones. Its
// main is at the base.
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

// listCommits returns the base and the existing changes, oldest first.
func (r repository) listCommits(ctx context.Context) ([]string, error) {
	base, err := r.Git(ctx, "rev-parse", hiddenBase)
	if err != nil {
		return nil, err
	}
	changes, err := r.Commits(ctx, hiddenBase+".."+hiddenLast)
	return append([]string{base}, changes...), err
}

// addChanges makes the changes with the numbers from one up to, but not including, another.
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

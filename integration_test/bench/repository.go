package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// hidden are refs that the host shows nobody: the commits that main is moved to.
	hidden     = "refs/bench"
	hiddenBase = hidden + "/base"
	hiddenLast = hidden + "/last"
)

// repository is one on this machine, which the host serves.
type repository struct {
	git   git
	shape shape
	path  string
	// commits are what main can be moved to: the base, and then each a change of one compose file of the one before.
	commits []string
}

// repository returns one of a shape with that many changes to come, and makes what there is not yet. Its main is at the
// base.
func (b *bench) repository(ctx context.Context, s shape, changes int) (repository, error) {
	r := repository{git: b.git, shape: s, path: filepath.Join(b.repositories, s.directory())}
	if _, err := os.Stat(r.path); errors.Is(err, fs.ErrNotExist) {
		if err := b.generate(ctx, s, r.path); err != nil {
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
	return r, r.move(ctx, r.commits[0])
}

// listCommits returns the base and the changes that there are, oldest first.
func (r repository) listCommits(ctx context.Context) ([]string, error) {
	base, err := r.git.output(ctx, r.path, nil, "rev-parse", hiddenBase)
	if err != nil {
		return nil, err
	}
	changes, err := r.git.output(ctx, r.path, nil, "rev-list", "--reverse", hiddenBase+".."+hiddenLast)
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(base) + string(changes)), nil
}

// addChanges makes the changes from one number up to another, without it.
func (r repository) addChanges(ctx context.Context, from, to int) error {
	return r.git.write(ctx, r.path, func(w io.Writer) error {
		i := newImporter(w)
		i.clock += int64(r.shape.history+from) * 600
		for change := from; change < to; change++ {
			parent := ""
			if change == from {
				parent = hiddenLast + "^0"
			}
			edit := r.shape.history + change + 1
			stack := newContent(-2, edit).IntN(r.shape.stacks)
			i.commit(hiddenLast, fmt.Sprintf("Change %d", change+1), parent)
			i.file(composePath(stack), composeFileOf(stack, edit))
		}
		return i.done()
	}, "fast-import", "--quiet", "--done")
}

// move lets main point at a commit, as a push does.
func (r repository) move(ctx context.Context, commit string) error {
	_, err := r.git.output(ctx, r.path, nil, "update-ref", branch, commit)
	return err
}

// listing returns the stacks of a commit, read from the repository in place.
func (r repository) listing(ctx context.Context, commit string) (listing, error) {
	files, err := composeFiles(ctx, r.git, r.path, "ls-tree", "-r", "-z", commit)
	if err != nil {
		return listing{}, err
	}
	return hashFiles(ctx, r.git, r.path, commit, files)
}

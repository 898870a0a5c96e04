package gitsource

import (
	"context"
	"errors"
	"fmt"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/index"
	"mooring/gitsource/local"
	"mooring/gitsource/object"
	"mooring/hashing"
)

// fetchLocal reads a repository on this machine in place. It reads commits, and does not look at the checkout.
func (s *Source) fetchLocal(ctx context.Context, before earlier) (actors.DesiredState, error) {
	open := local.Open
	if s.isSearched {
		open = local.Discover
	}
	repository, err := open(s.local)
	if err != nil {
		return actors.DesiredState{}, err
	}
	defer repository.Close()
	tip, err := repository.Tip(s.ref, before.memory.tip)
	if err != nil {
		return actors.DesiredState{}, err
	}
	before = before.inFormat(tip.Commit.Format())
	if before.memory.isOf(tip.Commit) {
		return before.unmoved(tip), nil
	}
	commit, err := repository.Commit(tip.Commit)
	if err != nil {
		return actors.DesiredState{}, err
	}
	from := &localObjects{repository: repository, largest: s.largest, blobs: map[object.ID]index.Blob{}}
	state, err := s.build(ctx, tip, commit.Tree, from, before)
	state.Commit = describe(commit, asItIs)
	return state, err
}

// maxTree is the size in bytes of the largest tree that is read: some 400,000 entries.
const maxTree = 16 << 20

// treeTooLarge is the error of a tree that is larger than the limit in bytes.
func treeTooLarge(limit int64) error {
	return fault.Unservable("a tree is larger than %d bytes", limit)
}

// localObjects are the objects of a repository on this machine. They belong to one Fetch.
type localObjects struct {
	repository *local.Repository
	// largest is the size in bytes of the largest compose file.
	largest int64
	blobs   map[object.ID]index.Blob
}

// Tree implements index.Objects.
func (l *localObjects) Tree(ctx context.Context, id object.ID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tree, err := l.repository.Object(object.Tree, id, maxTree)
	if errors.Is(err, fault.ErrTooLarge) {
		return nil, treeTooLarge(maxTree)
	}
	return tree, err
}

// Blob implements index.Objects.
func (l *localObjects) Blob(id object.ID) (index.Blob, bool) {
	found, ok := l.blobs[id]
	return found, ok
}

// TreeCount implements index.Objects.
func (l *localObjects) TreeCount() int { return 0 }

// AreLocal implements index.Objects.
func (l *localObjects) AreLocal() bool { return true }

// LoadBlobs implements index.Objects.
func (l *localObjects) LoadBlobs(ctx context.Context, wanted index.Wanted) error {
	for _, id := range wanted.Links {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := l.repository.Object(object.Blob, id, index.MaxLinkText)
		if err != nil && !errors.Is(err, fault.ErrTooLarge) {
			return fmt.Errorf("read symbolic link %s: %w", id, err)
		}
		found := l.blobs[id]
		found.Text, found.IsText = string(text), true
		l.blobs[id] = found
	}
	for _, id := range wanted.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		content, err := l.repository.Object(object.Blob, id, l.largest)
		found := l.blobs[id]
		switch {
		case errors.Is(err, fault.ErrTooLarge):
			found.Large = true
		case err != nil:
			return fmt.Errorf("read blob %s: %w", id, err)
		default:
			found.Hash = hashing.Of(content)
		}
		l.blobs[id] = found
	}
	return nil
}

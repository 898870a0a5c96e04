package gitsource

import (
	"context"
	"errors"
	"fmt"

	"mooring/actors"
	"mooring/hashing"
)

// fetchLocal reads a repository on this machine in place. No git program is run, nothing is written, and nothing of the
// checkout is looked at: what counts is what is committed.
func (s *Source) fetchLocal(ctx context.Context, before earlier) (actors.DesiredState, error) {
	repository, err := openLocal(s.local)
	if err != nil {
		return actors.DesiredState{}, err
	}
	defer repository.close()
	tip, err := repository.tip(s.ref, before.memory.commit)
	if err != nil {
		return actors.DesiredState{}, err
	}
	if before.memory.isOf(tip) {
		return before.state, nil
	}
	root, err := repository.root(tip)
	if err != nil {
		return actors.DesiredState{}, err
	}
	from := &localObjects{repository: repository, largest: s.largest, blobs: map[objectID]blob{}}
	return s.build(ctx, tip, root, from, before)
}

// maxTree bounds trees: some 400,000 entries.
const maxTree = 16 << 20

// treeTooLarge: a tree of the commit is beyond the limit, in bytes.
func treeTooLarge(limit int64) error { return unservable("a tree is larger than %d bytes", limit) }

// localObjects are the objects of a repository on this machine, for one build.
type localObjects struct {
	repository *localRepository
	// largest is the size of the largest compose file.
	largest int64
	blobs   map[objectID]blob
}

// tree implements objects.
func (l *localObjects) tree(ctx context.Context, id objectID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tree, err := l.repository.object(kindTree, id, maxTree)
	if errors.Is(err, errTooLarge) {
		return nil, treeTooLarge(maxTree)
	}
	return tree, err
}

// blob implements objects.
func (l *localObjects) blob(id objectID) (blob, bool) {
	found, ok := l.blobs[id]
	return found, ok
}

// treeCount implements objects.
func (l *localObjects) treeCount() int { return 0 }

// areAtHand implements objects.
func (l *localObjects) areAtHand() bool { return true }

// makeKnown implements objects.
func (l *localObjects) makeKnown(ctx context.Context, wanted wantedBlobs) error {
	for id := range wanted.links {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := l.repository.object(kindBlob, id, maxLinkText)
		if err != nil && !errors.Is(err, errTooLarge) {
			return fmt.Errorf("read symbolic link %s: %w", id, err)
		}
		found := l.blobs[id]
		found.text, found.isText = string(text), true
		l.blobs[id] = found
	}
	for id := range wanted.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		content, err := l.repository.object(kindBlob, id, l.largest)
		found := l.blobs[id]
		switch {
		case errors.Is(err, errTooLarge):
			found.large = true
		case err != nil:
			return fmt.Errorf("read blob %s: %w", id, err)
		default:
			found.hash = hashing.Of(content)
		}
		l.blobs[id] = found
	}
	return nil
}

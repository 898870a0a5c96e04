package gitsource

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"

	"mooring/actors"
	"mooring/hashing"
)

// fetchLocal reads a repository on this machine in place. No git program is run, nothing is written, and nothing of the
// checkout is looked at: what counts is what is committed.
func (s *Source) fetchLocal(
	ctx context.Context, previous actors.DesiredState, old *index,
) (actors.DesiredState, error) {
	repository, err := openLocal(s.local)
	if err != nil {
		return actors.DesiredState{}, err
	}
	defer repository.close()
	tip, err := repository.tip(parseRef(s.settings.Ref), old)
	if err != nil {
		return actors.DesiredState{}, err
	}
	if old != nil && old.commit == tip {
		return previous, nil
	}
	commit, err := repository.small(plumbing.CommitObject, tip)
	if err != nil {
		return actors.DesiredState{}, fmt.Errorf("read commit %s: %w", tip, err)
	}
	root, err := commitTree(commit)
	if err != nil {
		return actors.DesiredState{}, fmt.Errorf("read commit %s: %w", tip, err)
	}
	from := &localObjects{localRepository: repository, largest: s.largest, blobs: map[plumbing.Hash]blob{}}
	return s.build(ctx, tip, root, from, previous, old)
}

const (
	// maxCommit bounds commits and annotated tags.
	maxCommit = 1 << 20
	// maxTree bounds trees: some 400,000 entries.
	maxTree = 16 << 20
)

// errTooLarge: an object is beyond the limit that was given.
var errTooLarge = errors.New("an object is larger than may be read")

// treeTooLarge: a tree of the commit is beyond the limit, in bytes.
func treeTooLarge(limit int64) error { return unservable("a tree is larger than %d bytes", limit) }

// localFault tells of a repository on this machine what classify tells of a host's answer.
func localFault(err error) error {
	var broken *protocolError
	switch {
	case errors.As(err, &broken):
		return failf(actors.CodeProtocol, "The repository at GIT_URL cannot be read: %s.", broken.reason)
	case isCutShort(err):
		return failf(actors.CodeProtocol, "The repository at GIT_URL cannot be read: one of its files is cut short.")
	}
	return err
}

// localObjects are the objects of a repository on this machine, for one build.
type localObjects struct {
	*localRepository
	// largest is the size of the largest compose file.
	largest int64
	blobs   map[plumbing.Hash]blob
}

// tree implements objects.
func (l *localObjects) tree(ctx context.Context, id plumbing.Hash) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tree, err := l.object(plumbing.TreeObject, id, maxTree)
	if errors.Is(err, errTooLarge) {
		return nil, treeTooLarge(maxTree)
	}
	return tree, err
}

// blob implements objects.
func (l *localObjects) blob(id plumbing.Hash) (blob, bool) {
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
		text, err := l.object(plumbing.BlobObject, id, maxLinkText)
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
		content, err := l.object(plumbing.BlobObject, id, l.largest)
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

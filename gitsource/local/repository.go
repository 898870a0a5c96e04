package local

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
)

// Repository is a repository on this machine, opened for reading.
type Repository struct {
	*store
	refs refFiles
}

// Open opens the repository that path is in: a bare one, the one of a checkout, or the one that a linked worktree
// belongs to.
func Open(path string) (*Repository, error) {
	at, err := findGitDir(path)
	if err != nil {
		return nil, err
	}
	files := dotgit.NewRepositoryFilesystem(osfs.New(at.gitDir), osfs.New(at.commonDir))
	return &Repository{
		store: newStore(filepath.Join(at.commonDir, "objects")),
		refs:  refFiles{filesystem.NewStorage(files, cache.NewObjectLRU(0)), at},
	}, nil
}

// maxPeel is how many refs and tags are followed one after another.
const maxPeel = 10

// resolve returns the object that the tracked ref names. It may be an annotated tag.
func (r *Repository) resolve(ref location.Ref) (object.ID, error) {
	if ref.IsPinned() {
		return ref.Commit, nil
	}
	for _, name := range ref.Names {
		found, err := storer.ResolveReference(r.refs, plumbing.ReferenceName(name))
		switch {
		case err == nil:
			return object.ID(found.Hash()), nil
		case errors.Is(err, fs.ErrPermission):
			return object.ID{}, err
		case !errors.Is(err, plumbing.ErrReferenceNotFound):
			return object.ID{}, fault.New(actors.CodeProtocol, "The ref %s cannot be read: %s.", name, fault.Clean(err.Error()))
		}
	}
	return object.ID{}, r.notFound(ref)
}

// Tip returns the commit that the tracked ref names. Where that is the commit that is known from before, nothing but the
// ref is read; a zero id knows none.
func (r *Repository) Tip(ref location.Ref, known object.ID) (object.ID, error) {
	named, err := r.resolve(ref)
	if err == nil && !known.IsZero() && named == known {
		return named, nil
	}
	if formatErr := r.checkFormat(); formatErr != nil {
		return object.ID{}, formatErr
	}
	if err != nil {
		return object.ID{}, err
	}
	commit, err := r.peel(named)
	if ref.IsPinned() && errors.Is(err, fault.ErrAbsent) {
		return object.ID{}, r.notFound(ref)
	}
	return commit, err
}

// peel follows annotated tags to the commit.
func (r *Repository) peel(id object.ID) (object.ID, error) {
	for range maxPeel {
		kind, err := r.kind(id)
		switch {
		case err != nil:
			return object.ID{}, err
		case kind == object.Commit:
			return id, nil
		case kind != object.Tag:
			return object.ID{}, fault.ErrNotACommit
		}
		tag, err := r.small(object.Tag, id)
		if err != nil {
			return object.ID{}, err
		}
		if id, err = object.TagTarget(tag); err != nil {
			return object.ID{}, err
		}
	}
	return object.ID{}, fault.ErrNotACommit
}

// Root returns the tree of a commit.
func (r *Repository) Root(commit object.ID) (object.ID, error) {
	content, err := r.small(object.Commit, commit)
	if err != nil {
		return object.ID{}, fmt.Errorf("read commit %s: %w", commit, err)
	}
	root, err := object.CommitTree(content)
	if err != nil {
		return object.ID{}, fmt.Errorf("read commit %s: %w", commit, err)
	}
	return root, nil
}

// maxCommit bounds commits and annotated tags.
const maxCommit = 1 << 20

// small reads a commit or a tag.
func (r *Repository) small(kind object.Kind, id object.ID) ([]byte, error) {
	content, err := r.Object(kind, id, maxCommit)
	if errors.Is(err, fault.ErrTooLarge) {
		return nil, fault.Malformed("a %s is larger than %d bytes", kind, maxCommit)
	}
	return content, err
}

// notFound tells a missing ref from a repository in which there is nothing yet.
func (r *Repository) notFound(ref location.Ref) error {
	references, err := r.refs.IterReferences()
	if err != nil {
		return fault.New(actors.CodeProtocol, "The repository's refs cannot be read: %s.", fault.Clean(err.Error()))
	}
	defer references.Close()
	for {
		found, err := references.Next()
		if err == io.EOF {
			return fault.EmptyRepository()
		}
		if err != nil {
			return fault.New(actors.CodeProtocol, "The repository's refs cannot be read: %s.", fault.Clean(err.Error()))
		}
		if found.Type() == plumbing.HashReference {
			return ref.NotFound()
		}
	}
}

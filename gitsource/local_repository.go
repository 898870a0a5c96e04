package gitsource

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"mooring/actors"
)

// localRepository is a repository on this machine, opened for reading.
type localRepository struct {
	*localStore
	refs localRefs
}

// openLocal opens the repository that path is in: a bare one, the one of a checkout, or the one that a linked worktree
// belongs to.
func openLocal(path string) (*localRepository, error) {
	at, err := findGitDir(path)
	if err != nil {
		return nil, err
	}
	files := dotgit.NewRepositoryFilesystem(osfs.New(at.gitDir), osfs.New(at.commonDir))
	return &localRepository{
		localStore: newLocalStore(filepath.Join(at.commonDir, "objects")),
		refs:       localRefs{filesystem.NewStorage(files, cache.NewObjectLRU(0)), at},
	}, nil
}

// checkFormat refuses repositories that keep objects or refs in ways that are not known here. Extensions that only
// concern writers or the checkout do not matter.
func (r *localRepository) checkFormat() error {
	settings, err := r.config()
	switch {
	case errors.Is(err, fs.ErrPermission):
		return err
	case err != nil:
		return failf(actors.CodeProtocol, "The repository's config file cannot be read: %s.", cleanText(err.Error()))
	}
	extensions := settings.Section("extensions")
	if format := extensions.Option("objectformat"); format != "" && !strings.EqualFold(format, "sha1") {
		return sha256Repository()
	}
	if format := extensions.Option("refstorage"); format != "" && !strings.EqualFold(format, "files") {
		return failf(actors.CodeProtocol, "The repository keeps its refs in the format %q; only \"files\" can be read "+
			"in place (git refs migrate --ref-format=files changes it).", cleanText(format))
	}
	return nil
}

// maxConfig bounds what is read of the config file.
const maxConfig = 1 << 20

// config reads the config file as it is: what stands in it of branches, remotes and packing is for others to judge.
func (r *localRepository) config() (*config.Config, error) {
	settings := config.New()
	file, err := os.Open(filepath.Join(r.refs.at.commonDir, "config"))
	if errors.Is(err, fs.ErrNotExist) {
		return settings, nil
	}
	if err != nil {
		return nil, withoutPath(err)
	}
	defer file.Close()
	return settings, config.NewDecoder(io.LimitReader(file, maxConfig)).Decode(settings)
}

// maxPeel is how many refs and tags are followed one after another.
const maxPeel = 10

// resolve returns the object that the tracked ref names. It may be an annotated tag.
func (r *localRepository) resolve(ref trackedRef) (objectID, error) {
	if ref.isPinned() {
		return ref.commit, nil
	}
	for _, name := range ref.names {
		found, err := storer.ResolveReference(r.refs, plumbing.ReferenceName(name))
		switch {
		case err == nil:
			return objectID(found.Hash()), nil
		case errors.Is(err, fs.ErrPermission):
			return objectID{}, err
		case !errors.Is(err, plumbing.ErrReferenceNotFound):
			return objectID{}, failf(actors.CodeProtocol, "The ref %s cannot be read: %s.", name, cleanText(err.Error()))
		}
	}
	return objectID{}, r.notFound(ref)
}

// tip returns the commit that the tracked ref names. Where that is the commit that is known from before, nothing but the
// ref is read; a zero id knows none.
func (r *localRepository) tip(ref trackedRef, known objectID) (objectID, error) {
	named, err := r.resolve(ref)
	if err == nil && !known.IsZero() && named == known {
		return named, nil
	}
	if formatErr := r.checkFormat(); formatErr != nil {
		return objectID{}, formatErr
	}
	if err != nil {
		return objectID{}, err
	}
	commit, err := r.peel(named)
	if ref.isPinned() && errors.Is(err, errAbsent) {
		return objectID{}, r.notFound(ref)
	}
	return commit, err
}

// peel follows annotated tags to the commit.
func (r *localRepository) peel(id objectID) (objectID, error) {
	for range maxPeel {
		kind, err := r.kind(id)
		switch {
		case err != nil:
			return objectID{}, err
		case kind == kindCommit:
			return id, nil
		case kind != kindTag:
			return objectID{}, errNotACommit
		}
		tag, err := r.small(kindTag, id)
		if err != nil {
			return objectID{}, err
		}
		if id, err = tagTarget(tag); err != nil {
			return objectID{}, err
		}
	}
	return objectID{}, errNotACommit
}

// root returns the tree of a commit.
func (r *localRepository) root(commit objectID) (objectID, error) {
	content, err := r.small(kindCommit, commit)
	if err != nil {
		return objectID{}, fmt.Errorf("read commit %s: %w", commit, err)
	}
	root, err := commitTree(content)
	if err != nil {
		return objectID{}, fmt.Errorf("read commit %s: %w", commit, err)
	}
	return root, nil
}

// maxCommit bounds commits and annotated tags.
const maxCommit = 1 << 20

// small reads a commit or a tag.
func (r *localRepository) small(kind objectKind, id objectID) ([]byte, error) {
	content, err := r.object(kind, id, maxCommit)
	if errors.Is(err, errTooLarge) {
		return nil, malformed("a %s is larger than %d bytes", kind, maxCommit)
	}
	return content, err
}

// notFound tells a missing ref from a repository in which there is nothing yet.
func (r *localRepository) notFound(ref trackedRef) error {
	references, err := r.refs.IterReferences()
	if err != nil {
		return failf(actors.CodeProtocol, "The repository's refs cannot be read: %s.", cleanText(err.Error()))
	}
	defer references.Close()
	for {
		found, err := references.Next()
		if err == io.EOF {
			return emptyRepository()
		}
		if err != nil {
			return failf(actors.CodeProtocol, "The repository's refs cannot be read: %s.", cleanText(err.Error()))
		}
		if found.Type() == plumbing.HashReference {
			return ref.notFound()
		}
	}
}

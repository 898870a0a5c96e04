package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
)

// Repository is a repository on this machine, opened for reading. It belongs to one goroutine. Close releases its
// files.
type Repository struct {
	*store
	refs refStore
	// at is where its files are.
	at string
}

// Name is the name of the repository's directory: that of the checkout, or of the bare repository without ".git".
func (r *Repository) Name() string {
	at, err := filepath.Abs(r.at)
	if err != nil {
		at = r.at
	}
	if filepath.Base(at) == ".git" {
		at = filepath.Dir(at)
	}
	return strings.TrimSuffix(filepath.Base(at), ".git")
}

// Open opens the repository that path names: a bare one, the one of a checkout or of a linked worktree whose top it is,
// or a .git. If path is none of these, even if it is inside of a checkout, the error is an *actors.Failure or
// fault.ErrNoRepository. If the repository is in a format that cannot be read, it is an *actors.Failure.
func Open(path string) (*Repository, error) {
	at, err := namedGitDir(path)
	if err != nil {
		return nil, err
	}
	return openAt(at)
}

// Discover opens the repository that a directory is in. It looks in the directory and in those above it. It refuses a
// repository that belongs to another user, and does not leave the file system. These errors are *actors.Failure.
func Discover(dir string) (*Repository, error) {
	at, err := searchGitDir(dir, os.Geteuid())
	if err != nil {
		return nil, err
	}
	return openAt(at)
}

func openAt(at gitDirs) (*Repository, error) {
	format, hasTables, err := at.format()
	if err != nil {
		return nil, err
	}
	r := &Repository{store: newStore(filepath.Join(at.commonDir, "objects"), format), at: at.commonDir}
	if hasTables {
		r.refs = newRefTables(at, format)
	} else {
		r.refs = newRefFiles(at, format)
	}
	return r, nil
}

// maxPeel is how many annotated tags are followed one after another.
const maxPeel = 10

// resolve returns the object that a ref names, which may be an annotated tag.
func (r *Repository) resolve(ref location.Ref) (object.ID, error) {
	if ref.IsPinned() {
		return ref.Commit, ref.CheckFormat(r.format)
	}
	for _, name := range ref.Names {
		id, found, err := r.refs.id(name)
		switch {
		case found:
			return id, nil
		case err != nil:
			return object.ID{}, unreadableRef("The ref "+name, err)
		}
	}
	return object.ID{}, r.notFound(ref)
}

// Tip returns what a ref leads to. before is the tip that the caller has, or zero; if the ref still names the same
// object, Tip reads nothing else. Its errors are *actors.Failure, those of Object, and fault.ErrNotACommit.
func (r *Repository) Tip(ref location.Ref, before object.Tip) (object.Tip, error) {
	named, err := r.resolve(ref)
	if err == nil && !before.Named.IsZero() && named == before.Named {
		return before, nil
	}
	if err != nil {
		return object.Tip{}, err
	}
	commit, err := r.peel(named)
	if ref.IsPinned() && errors.Is(err, fault.ErrAbsent) {
		return object.Tip{}, r.notFound(ref)
	}
	return object.Tip{Named: named, Commit: commit}, err
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
		if id, err = r.format.TagTarget(tag); err != nil {
			return object.ID{}, err
		}
	}
	return object.ID{}, fault.ErrNotACommit
}

// Commit reads a commit. Its errors are those of Object.
func (r *Repository) Commit(id object.ID) (object.Revision, error) {
	content, err := r.small(object.Commit, id)
	if err != nil {
		return object.Revision{}, fmt.Errorf("read commit %s: %w", id, err)
	}
	commit, err := r.format.ReadCommit(content)
	if err != nil {
		return object.Revision{}, fmt.Errorf("read commit %s: %w", id, err)
	}
	return commit, nil
}

// maxCommit is the size in bytes of the largest commit or annotated tag.
const maxCommit = 1 << 20

// small reads a commit or a tag, which must not be larger than maxCommit.
func (r *Repository) small(kind object.Kind, id object.ID) ([]byte, error) {
	content, err := r.Object(kind, id, maxCommit)
	if errors.Is(err, fault.ErrTooLarge) {
		return nil, fault.Malformed("a %s is larger than %d bytes", kind, maxCommit)
	}
	return content, err
}

// notFound is the failure of a missing ref: the repository is empty, or it has other refs.
func (r *Repository) notFound(ref location.Ref) error {
	isEmpty, err := r.refs.isEmpty()
	switch {
	case err != nil:
		return unreadableRef("One of the repository's refs", err)
	case isEmpty:
		return fault.EmptyRepository()
	}
	return ref.NotFound()
}

// unreadableRef is the failure of a ref that cannot be read. Fault has sentences for some errors.
func unreadableRef(what string, err error) error {
	var broken *fault.ProtocolError
	if errors.Is(err, fs.ErrPermission) || isTooManyFiles(err) || errors.As(err, &broken) {
		return err
	}
	return unreadable(what, err)
}

// unreadable is the failure of a file of the repository that cannot be read. Its sentence names no path.
func unreadable(what string, err error) error {
	return fault.New(actors.CodeProtocol, "%s cannot be read: %s.", what, fault.Clean(fault.WithoutPath(err).Error()))
}

package local

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"mooring/gitsource/fault"
	"mooring/gitsource/local/reftable"
	"mooring/gitsource/object"
)

// refStore finds the refs of a repository. What it returns is as of the time of the call.
type refStore interface {
	// find returns the object that a full ref name leads to, which may be an annotated tag. It returns the zero id if
	// there is no such ref.
	find(name string) (object.ID, error)
	// isEmpty tells whether no ref names an object.
	isEmpty() (bool, error)
}

// refTables are refs in reftables.
type refTables struct{ reftable.Refs }

func newRefTables(at gitDirs) refTables {
	return refTables{reftable.New(at.gitDir, at.commonDir, object.IDSize)}
}

func (r refTables) find(name string) (id object.ID, err error) {
	bytes, err := r.Resolve(name)
	copy(id[:], bytes)
	return id, err
}

func (r refTables) isEmpty() (bool, error) { return r.IsEmpty() }

// refFiles are refs in files, as go-git reads them, with one exception. If a ref's own file
// cannot be read, go-git takes the value in packed-refs, which may be old. refFiles returns the error instead.
type refFiles struct {
	*filesystem.Storage
	at gitDirs
}

func newRefFiles(at gitDirs) refFiles {
	files := dotgit.NewRepositoryFilesystem(osfs.New(at.gitDir), osfs.New(at.commonDir))
	return refFiles{filesystem.NewStorage(files, cache.NewObjectLRU(0)), at}
}

func (r refFiles) find(name string) (object.ID, error) {
	found, err := storer.ResolveReference(r, plumbing.ReferenceName(name))
	switch {
	case errors.Is(err, plumbing.ErrReferenceNotFound):
		return object.ID{}, nil
	case err != nil:
		return object.ID{}, err
	}
	return object.ID(found.Hash()), nil
}

func (r refFiles) isEmpty() (bool, error) {
	references, err := r.IterReferences()
	if err != nil {
		return false, err
	}
	defer references.Close()
	for {
		found, err := references.Next()
		switch {
		case err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		case found.Type() == plumbing.HashReference:
			return false, nil
		}
	}
}

// Reference implements storer.ReferenceStorer.
func (r refFiles) Reference(name plumbing.ReferenceName) (*plumbing.Reference, error) {
	if err := r.checkFile(name); err != nil {
		return nil, err
	}
	return r.Storage.Reference(name)
}

// checkFile checks that the file of a loose ref can be read. It returns no error if there is no such file, or a
// directory of that name: then packed-refs has the ref (gitrepository-layout).
func (r refFiles) checkFile(name plumbing.ReferenceName) error {
	dir := r.at.gitDir
	if strings.HasPrefix(name.String(), "refs/") {
		dir = r.at.commonDir
	}
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(name.String())))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return fault.WithoutPath(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxRef))
	if errors.Is(err, syscall.EISDIR) {
		return nil
	}
	if err != nil {
		return fault.WithoutPath(err)
	}
	if _, ok := object.ParseID(strings.TrimSpace(string(content))); !ok && !strings.HasPrefix(string(content), "ref:") {
		return errors.New("its file holds neither an id nor a ref")
	}
	return nil
}

// maxRef is how many bytes of a ref's file are read.
const maxRef = 8 << 10

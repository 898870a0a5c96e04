package local

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// refFiles are the refs of a repository on this machine, as go-git reads them, with one exception. If a ref's own file
// cannot be read, go-git takes the value in packed-refs, which may be old. refFiles returns the error instead.
type refFiles struct {
	*filesystem.Storage
	at gitDirs
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

package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// gitDirs are the directories in which a repository keeps its files (gitrepository-layout).
type gitDirs struct {
	// gitDir holds HEAD; commonDir holds objects and refs. They differ for a linked worktree.
	gitDir, commonDir string
}

// namedGitDir returns the repository that path names: a bare one, the one of the checkout whose top it is, or a .git. If
// there is no such path it takes PATH.git, as git-clone does. It does not look above path: if the repository disappears,
// one further up is another repository.
func namedGitDir(path string) (gitDirs, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return gitDirs{}, notThere(err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		path += ".git"
	}
	info, err := os.Stat(path)
	if err != nil {
		return gitDirs{}, notThere(err)
	}
	if !info.IsDir() {
		return openGitDir(path)
	}
	found, err := gitDirIn(path)
	if errors.Is(err, fault.ErrNoRepository) {
		err = fault.New(actors.CodeNotFound, "There is no Git repository at GIT_URL: a local path must be a bare repository, "+
			"the top of a checkout, or its .git.")
	}
	return found, err
}

// gitDirIn returns the repository in the .git of a directory, or the one that the directory itself is.
func gitDirIn(dir string) (gitDirs, error) {
	dotGit := filepath.Join(dir, ".git")
	found, err := openGitDir(dotGit)
	// If a file names a repository that is gone, any other repository is the wrong one.
	info, statErr := os.Stat(dotGit)
	isFile := statErr == nil && info.Mode().IsRegular()
	if err == nil || isFile || !errors.Is(err, fault.ErrNoRepository) {
		return found, err
	}
	return openGitDir(dir)
}

// openGitDir checks that path is a repository: its directory, or a file that names its directory.
func openGitDir(path string) (gitDirs, error) {
	info, err := os.Stat(path)
	if err != nil {
		return gitDirs{}, notThere(err)
	}
	if info.Mode().IsRegular() {
		named, err := readPointer(path, "gitdir: ")
		if err != nil {
			return gitDirs{}, err
		}
		path = resolve(filepath.Dir(path), named)
	}
	common := path
	switch named, err := readPointer(filepath.Join(path, "commondir"), ""); {
	case err == nil:
		common = resolve(path, named)
	case !errors.Is(err, fault.ErrNoRepository):
		return gitDirs{}, err
	}
	head, objects, refs := filepath.Join(path, "HEAD"), filepath.Join(common, "objects"), filepath.Join(common, "refs")
	for _, name := range []string{head, objects, refs} {
		if _, err := os.Lstat(name); err != nil {
			return gitDirs{}, notThere(err)
		}
	}
	return gitDirs{gitDir: path, commonDir: common}, nil
}

// resolve returns the path of a name, which may be relative to a directory.
func resolve(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// maxPointer is the size in bytes of the largest file for readPointer.
const maxPointer = 8 << 10

// readPointer reads a file that consists of a label and a path.
func readPointer(name, label string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", notThere(err)
	}
	defer file.Close()
	buffer := make([]byte, maxPointer)
	n, err := file.Read(buffer)
	if err != nil {
		return "", notThere(err)
	}
	path, found := strings.CutPrefix(strings.TrimRight(string(buffer[:n]), "\r\n"), label)
	if !found || path == "" {
		return "", fault.ErrNoRepository
	}
	return path, nil
}

// notThere returns fault.ErrNoRepository for a file that does not exist, and for other errors a failure that names no
// path.
func notThere(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		return fault.ErrNoRepository
	case errors.Is(err, fs.ErrPermission):
		return err
	}
	return fault.New(actors.CodeNotFound, "GIT_URL cannot be read as a repository: %s.", fault.Clean(fault.WithoutPath(err).Error()))
}

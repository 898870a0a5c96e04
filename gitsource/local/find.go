package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// gitDirs are the directories in which a repository keeps its files (gitrepository-layout).
type gitDirs struct {
	// gitDir holds HEAD; commonDir holds objects and refs. They differ for a linked worktree.
	gitDir, commonDir string
}

// namedGitDir returns the repository that path names: a bare one, the one of the checkout whose top it is, or a .git.
// If there is no such path it takes PATH.git, as git-clone does. It does not look above path: if the repository
// disappears, one further up is another repository.
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

// gitDirIn returns the repository in the .git of a directory, or the one that the directory itself is. It returns
// fault.ErrNoRepository if there is neither. A file .git that leads nowhere is another error, because any repository
// further up would be the wrong one.
func gitDirIn(dir string) (gitDirs, error) {
	dotGit := filepath.Join(dir, ".git")
	found, err := openGitDir(dotGit)
	if !errors.Is(err, fault.ErrNoRepository) {
		return found, err
	}
	if info, err := os.Stat(dotGit); err == nil && info.Mode().IsRegular() {
		return gitDirs{}, fault.New(actors.CodeNotFound, "There is no Git repository at GIT_URL: its file .git does not name one.")
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
		found, err := openNamed(resolve(filepath.Dir(path), named))
		if errors.Is(err, fault.ErrNoRepository) {
			err = namedIsAbsent(named)
		}
		return found, err
	}
	return openNamed(path)
}

// namedIsAbsent is the failure of a file that names a repository which is not there, as in a container that has a
// checkout alone. The repository of a linked worktree is in a directory "worktrees" of its main repository
// (gitrepository-layout, "worktrees/<id>").
func namedIsAbsent(named string) error {
	if filepath.Base(filepath.Dir(named)) == "worktrees" {
		return fault.New(actors.CodeNotFound, "There is no Git repository at GIT_URL: it is a linked worktree, and its main "+
			"repository is not there; mount that too, at the path that the worktree's file .git names.")
	}
	return fault.New(actors.CodeNotFound, "There is no Git repository at GIT_URL: its file .git names a directory that is "+
		"not there; mount that too, at the path that the file names.")
}

// openNamed checks that a directory is a repository's, or that of a linked worktree in its main repository.
func openNamed(path string) (gitDirs, error) {
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

// notThere returns fault.ErrNoRepository for a file that does not exist or is empty, and for other errors a failure
// that names no path.
func notThere(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid), errors.Is(err, syscall.ENOTDIR), fault.IsCutShort(err):
		return fault.ErrNoRepository
	case errors.Is(err, fs.ErrPermission):
		return err
	}
	return fault.New(actors.CodeNotFound, "GIT_URL cannot be read as a repository: %s.", fault.Clean(fault.WithoutPath(err).Error()))
}

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

// findGitDir looks for a repository in path and in the directories above it, as the git program does. If there is no
// such path it takes PATH.git, as git-clone does.
func findGitDir(path string) (gitDirs, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return gitDirs{}, err
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
	for dir := path; ; dir = filepath.Dir(dir) {
		for _, candidate := range []string{filepath.Join(dir, ".git"), dir} {
			found, err := openGitDir(candidate)
			// If a file names a repository that is gone, a repository further up is the wrong one.
			info, statErr := os.Stat(candidate)
			isFile := statErr == nil && info.Mode().IsRegular()
			if err == nil || isFile || !errors.Is(err, fault.ErrNoRepository) {
				return found, err
			}
		}
		if dir == filepath.Dir(dir) {
			return gitDirs{}, fault.ErrNoRepository
		}
	}
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

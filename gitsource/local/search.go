package local

import (
	"errors"
	"os"
	"path/filepath"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// searchGitDir looks for a repository in a directory and in those above it, as git does (git, "GIT_CEILING_DIRECTORIES"
// and "GIT_DISCOVERY_ACROSS_FILESYSTEM", which are not read). It ends at the border of the file system. It refuses a
// repository that does not belong to the user with this id (git-config, "safe.directory"); that goes for root too.
func searchGitDir(dir string, user int) (gitDirs, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		// A name that goes through a symbolic link has other directories above it than the directory itself.
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return gitDirs{}, notThere(err)
	}
	start, err := os.Stat(dir)
	if err != nil {
		return gitDirs{}, notThere(err)
	}
	for {
		found, err := gitDirIn(dir)
		if err == nil {
			err = checkOwner(dir, found, user)
		}
		if !errors.Is(err, fault.ErrNoRepository) {
			return found, err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return gitDirs{}, fault.New(actors.CodeNotFound, "There is no Git repository in the current directory, and none "+
				"above it; set GIT_URL.")
		}
		above, err := os.Stat(parent)
		if err != nil {
			return gitDirs{}, notThere(err)
		}
		if !onOneFileSystem(start, above) {
			return gitDirs{}, fault.New(actors.CodeNotFound, "There is no Git repository in the current directory, and none "+
				"above it on the same file system; mount it, or set GIT_URL.")
		}
		dir = parent
	}
}

// checkOwner refuses a repository that was found in a directory, unless its directory, the checkout and the .git belong
// to the user. Else anybody who may write to a directory above could decide what is served.
func checkOwner(dir string, found gitDirs, user int) error {
	names := []string{found.gitDir}
	if found.gitDir != dir {
		names = append(names, dir, filepath.Join(dir, ".git"))
	}
	for _, name := range names {
		info, err := os.Lstat(name)
		if err != nil {
			return notThere(err)
		}
		if !belongsTo(info, user) {
			return fault.New(actors.CodeNotFound, "The Git repository that the current directory is in belongs to another "+
				"user, so it is not read; if it is the right one, set GIT_URL to its path (GIT_URL=/the/path).")
		}
	}
	return nil
}

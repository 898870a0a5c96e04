package inputs

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// scratch is a directory with the files of the commit that compose-go has asked for. One Reader owns it.
type scratch struct {
	// top is removed at the end. root stands for the root of the repository and lies depth directories below it.
	top, root string
}

// depth is how many directories are between top and root. A path that climbs out of the repository with at most that many
// ".." ends inside of top, where nothing is, and never at a file of this machine.
const depth = 64

// newScratch makes a directory below parent that only this user can read: ".env" files have passwords.
func newScratch(parent string) (*scratch, error) {
	top, err := os.MkdirTemp(parent, "mooring-read-")
	if err != nil {
		return nil, fmt.Errorf("make a directory to read stacks in: %w", err)
	}
	if top, err = filepath.EvalSymlinks(top); err != nil {
		return nil, fmt.Errorf("make a directory to read stacks in: %w", err)
	}
	s := &scratch{top: top, root: filepath.Join(top, strings.Repeat("d/", depth)+"root")}
	if err := os.MkdirAll(filepath.Dir(s.root), 0o700); err != nil {
		return nil, fmt.Errorf("make a directory to read stacks in: %w", err)
	}
	return s, nil
}

// empty removes the files of the last reading.
func (s *scratch) empty() error {
	if err := os.RemoveAll(s.root); err != nil {
		return fmt.Errorf("remove the files that a stack was read from: %w", err)
	}
	return nil
}

// remove removes the directory with all that is in it.
func (s *scratch) remove() error { return os.RemoveAll(s.top) }

// put writes a file of the repository. The error is a *Problem if the file system takes no such name.
func (s *scratch) put(name string, content []byte) error {
	at := s.at(name)
	err := os.MkdirAll(filepath.Dir(at), 0o700)
	if err == nil {
		err = os.WriteFile(at, content, 0o600)
	}
	switch {
	case errors.Is(err, syscall.ENAMETOOLONG):
		return problem("The path %s is too long.", quote(name))
	case err != nil:
		return fmt.Errorf("put a file where it is read: %w", err)
	}
	return nil
}

// at is where a path of the repository is in the directory.
func (s *scratch) at(name string) string { return filepath.Join(s.root, filepath.FromSlash(name)) }

// path is the path in the repository of a file in the directory. inside is false if it is not in the repository, and
// climbed is true if it is not for having climbed out of it.
func (s *scratch) path(at string) (name string, inside, climbed bool) {
	relative, err := filepath.Rel(s.root, at)
	if err != nil {
		return "", false, false
	}
	name = filepath.ToSlash(relative)
	if name == ".." || strings.HasPrefix(name, "../") {
		fromTop, err := filepath.Rel(s.top, at)
		return "", false, err == nil && fromTop != ".." && !strings.HasPrefix(fromTop, "../")
	}
	return name, true, false
}

// clean removes the directory from a text, so that only paths of the repository are shown.
func (s *scratch) clean(text string) string {
	text = strings.ReplaceAll(text, s.root+"/", "")
	text = strings.ReplaceAll(text, s.root, ".")
	return strings.ReplaceAll(text, s.top, "..")
}

// within resolves a path against a directory of the repository. inside is false for a path of this machine, which begins
// with "/" or "~". The error is a *Problem for a path that leaves the repository.
func (r *reading) within(directory, name string) (clean string, inside bool, err error) {
	if strings.HasPrefix(name, "~") || windowsPath(name) {
		return "", false, nil
	}
	if path.IsAbs(name) { // with $PWD in front, or from an included file
		clean, inside, climbed := r.scratch.path(path.Clean(name))
		if climbed {
			err = problem("%s leaves the repository.", quote(r.scratch.clean(name)))
		}
		return clean, inside, err
	}
	clean = path.Join(directory, name)
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return "", false, problem("%s leaves the repository.", quote(name))
	}
	return clean, true, nil
}

// windowsPath tells whether a path names a drive or a share of Windows, which Compose passes on to the engine.
func windowsPath(name string) bool {
	drive := len(name) > 2 && name[1] == ':' && (name[2] == '\\' || name[2] == '/')
	return drive || strings.HasPrefix(name, `\\`)
}

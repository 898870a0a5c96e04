package checkout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

// parent opens the directory of a file in the tree, and makes the directories on the way. A link on the way is replaced:
// Git has a directory there, so somebody else has made the link, or Git had one before. So is a file that mooring wrote.
func (p *put) parent(file string) (*os.Root, error) {
	at, err := p.directory.tree.OpenRoot(".")
	if err != nil {
		return nil, err
	}
	names := strings.Split(file, "/")
	for i, name := range names[:len(names)-1] {
		next, err := p.enter(at, name, path.Join(names[:i+1]...))
		at.Close()
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

// enter opens a directory, and makes it if it is not there. at is its path in the tree.
func (p *put) enter(in *os.Root, name, at string) (*os.Root, error) {
	info, err := in.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.IsDir():
		return openDirectory(in, name)
	case info.Mode()&fs.ModeSymlink != 0, p.directory.Managed(at):
		if err := in.Remove(name); err != nil {
			return nil, err
		}
	default:
		return nil, refuse("%q is a file that mooring did not write, and Git has a directory there. Move it.", at)
	}
	if err := in.Mkdir(name, 0o755); err != nil {
		return nil, err
	}
	next, err := openDirectory(in, name)
	if err != nil {
		return nil, err
	}
	directory, err := next.Open(".")
	if err == nil { // the mask of the process may have taken bits away that containers need
		err = errors.Join(directory.Chmod(0o755), directory.Close())
	}
	return next, errors.Join(err, syncDirectory(in))
}

// openDirectory opens a directory, and no link to one: between a look and the opening a container may replace it.
func openDirectory(in *os.Root, name string) (*os.Root, error) {
	before, err := in.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.IsDir() {
		return nil, fmt.Errorf("%q: %w", name, syscall.ENOTDIR)
	}
	next, err := in.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	after, err := next.Stat(".")
	if err == nil && !os.SameFile(before, after) {
		err = fmt.Errorf("%q was replaced while it was opened", name)
	}
	if err != nil {
		return nil, errors.Join(err, next.Close())
	}
	return next, nil
}

// look opens the directory of a path without making anything. The error is fs.ErrNotExist if something on the way is not
// a directory.
func (d *Directory) look(file string) (*os.Root, error) {
	at, err := d.tree.OpenRoot(".")
	if err != nil {
		return nil, err
	}
	for part := range strings.SplitSeq(path.Dir(file), "/") {
		next, err := openDirectory(at, part)
		at.Close()
		if errors.Is(err, syscall.ENOTDIR) {
			err = fs.ErrNotExist
		}
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

// has tells whether something of a file's kind is at its path. Its content does not matter: containers write there.
func (d *Directory) has(file File) bool {
	in, err := d.look(file.Path)
	if err != nil {
		return false
	}
	defer in.Close()
	info, err := in.Lstat(path.Base(file.Path))
	if err != nil {
		return false
	}
	if file.Mode == Link {
		return info.Mode()&fs.ModeSymlink != 0
	}
	return info.Mode().IsRegular()
}

// remove removes a file that the stack leaves, unless another stack is made of it, and the directories that are empty
// then. What is no longer there, or is a directory by now, is not mooring's any more.
func (p *put) remove(file string) error {
	d := p.directory
	if d.list.users[file] > 1 {
		return nil
	}
	in, err := d.look(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return d.shown(err)
	}
	name := path.Base(file)
	info, err := in.Lstat(name)
	if err == nil && !info.IsDir() {
		if err = in.Remove(name); err == nil {
			p.written.Removed++
		}
	}
	if err := errors.Join(err, in.Close()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return d.shown(err)
	}
	return d.prune(path.Dir(file))
}

// prune removes a directory and those above it, as far as they are empty.
func (d *Directory) prune(directory string) error {
	for ; directory != "."; directory = path.Dir(directory) {
		in, err := d.look(directory)
		if err != nil {
			return nil // it is gone, or it is no directory of mooring's any more
		}
		err = in.Remove(path.Base(directory)) // fails if it is not empty, or if it is a place where something is mounted
		in.Close()
		if err != nil {
			return nil
		}
	}
	return nil
}

// shown makes sentences of errors of the disk that an operator has to do something about.
func (d *Directory) shown(err error) error {
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return refuse("The disk of WORK_DIR is full; make room on it.")
	case errors.Is(err, syscall.EROFS):
		return refuse("The disk of WORK_DIR cannot be written; it is mounted read-only.")
	case errors.Is(err, fs.ErrPermission):
		return refuse("A file below WORK_DIR cannot be written; give WORK_DIR and what is in it to the user that mooring runs as.")
	}
	return fmt.Errorf("write the files of a stack: %w", err)
}

package repository

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"mooring/dockertarget/inputs"
)

// operator has the files that an operator has put into the checkout. No link is followed: neither on the way to a file
// nor at its end, because a container may have made it.
type operator struct {
	// root is the checkout; nil if there is none.
	root *os.Root
}

func openOperator(tree string) (operator, error) {
	root, err := os.OpenRoot(tree)
	if errors.Is(err, fs.ErrNotExist) {
		return operator{}, nil
	}
	if err != nil {
		return operator{}, fmt.Errorf("open the checkout in WORK_DIR: %w", err)
	}
	return operator{root}, nil
}

func (o operator) close() error {
	if o.root == nil {
		return nil
	}
	return o.root.Close()
}

// entry tells what the operator has at a path. The error is fs.ErrNotExist for everything but a file or a directory that
// can be reached without a link.
func (o operator) entry(name string) (inputs.Entry, error) {
	if _, err := o.look(name); err != nil {
		return inputs.Entry{}, err
	}
	return inputs.Entry{Kind: inputs.Unmanaged}, nil
}

// look is Lstat of a path, with each directory on its way.
func (o operator) look(name string) (fs.FileInfo, error) {
	if o.root == nil || !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, fs.ErrNotExist
	}
	if parent := path.Dir(name); parent != "." {
		switch info, err := o.look(parent); {
		case err != nil:
			return nil, err
		case !info.IsDir():
			return nil, fs.ErrNotExist
		}
	}
	info, err := o.root.Lstat(filepath.FromSlash(name))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.ENOTDIR):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, fmt.Errorf("look at the checkout in WORK_DIR: %w", err)
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, fs.ErrNotExist
	}
	return info, nil
}

// read returns the content of a file. Between look and the opening the file may become a link or a pipe: os.Root keeps to
// the checkout, and O_NONBLOCK waits for no writer of a pipe (open(2)).
func (o operator) read(name string) ([]byte, error) {
	info, err := o.look(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%q is no file: %w", name, fs.ErrInvalid)
	}
	file, err := o.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("read a file in WORK_DIR: %w", err)
	}
	defer file.Close()
	opened, err := file.Stat()
	if err == nil && !opened.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	content, err := io.ReadAll(io.LimitReader(file, maxRead+1))
	if len(content) > maxRead {
		return nil, inputs.ErrTooLarge
	}
	if err != nil {
		return nil, fmt.Errorf("read a file in WORK_DIR: %w", err)
	}
	return content, nil
}

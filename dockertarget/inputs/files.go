package inputs

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// Kind is what a path of a commit leads to.
type Kind uint8

const (
	// File is a regular file, executable or not.
	File Kind = iota
	// Link is a symbolic link.
	Link
	// Directory is a directory.
	Directory
	// Submodule is a commit of another repository. Its files are not in this one.
	Submodule
	// Unmanaged is a file or a directory that is not in Git and that an operator has put into the checkout.
	Unmanaged
)

// Entry is what is at one path.
type Entry struct {
	// Kind is what it is.
	Kind Kind
	// ID names the blob or the tree, in hex digits. It is empty for an Unmanaged one.
	ID string
}

// ErrTooLarge says that a file is larger than Files reads.
var ErrTooLarge = errors.New("the file is too large to be read")

// Files are the files of one commit, and those that an operator has put beside them. Paths are relative to the root of
// the repository, clean, and have "/" between their parts; the root is ".".
type Files interface {
	// Entry tells what is at a path. It follows no link: a path that passes one does not exist. The error is
	// fs.ErrNotExist if there is nothing.
	Entry(ctx context.Context, path string) (Entry, error)
	// Read returns the content of a file, or the target of a link. The error is fs.ErrNotExist if there is nothing, and
	// ErrTooLarge if there is more than it reads, which should be some MiB.
	Read(ctx context.Context, path string) ([]byte, error)
}

// maxHops is how many links are followed on the way to one file. Linux follows as many (path_resolution(7)).
const maxHops = 40

// place is where a path leads to.
type place struct {
	// path is the path without links, or the first part of it where there is nothing.
	path string
	Entry
	// links are the links on the way, by their paths, and the submodule that ended it.
	links []Input
}

// find follows a path to its end through the links of the commit. The error is fs.ErrNotExist if there is nothing at the
// end, and a *Problem if the path leaves the repository or passes a submodule; the place then tells how far it came.
func find(ctx context.Context, files Files, name string) (place, error) {
	found := place{path: "."}
	rest := strings.Split(name, "/")
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if found.path == "." {
				return found, problem("%s leaves the repository.", quote(name))
			}
			found.path = path.Dir(found.path)
			continue
		}
		next := path.Join(found.path, part)
		entry, err := files.Entry(ctx, next)
		switch {
		case err != nil:
			found.path = next
			return found, err
		case entry.Kind == Submodule:
			found.links = append(found.links, Input{Path: next, Use: UseLink, Entry: entry})
			return found, problem("%s is in the submodule %s; mooring does not read submodules.", quote(name), quote(next))
		case entry.Kind != Link:
			found.path, found.Entry = next, entry
			continue
		}
		if len(found.links) == maxHops {
			return found, problem("%s leads through more than %d symbolic links.", quote(name), maxHops)
		}
		found.links = append(found.links, Input{Path: next, Use: UseLink, Entry: entry})
		target, err := files.Read(ctx, next)
		if err != nil && !errors.Is(err, ErrTooLarge) {
			return place{}, err
		}
		if err != nil || path.IsAbs(string(target)) {
			return found, problem("%s is a symbolic link that leaves the repository.", quote(next))
		}
		rest = append(strings.Split(string(target), "/"), rest...)
	}
	if found.path == "." {
		root, err := files.Entry(ctx, ".")
		if err != nil {
			return place{}, err
		}
		found.Entry = root
	}
	return found, nil
}

// absent tells whether an error says that there is nothing at a path.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

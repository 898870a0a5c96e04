package checkout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Directory is WORK_DIR with its files. It belongs to one goroutine.
type Directory struct {
	root *os.Root
	tree *os.Root
	list *list
}

// Open opens a directory, which must exist and must belong to this process alone, and makes in it what is missing. The
// errors are those of the disk.
func Open(workDir string) (*Directory, error) {
	root, err := os.OpenRoot(workDir)
	if err != nil {
		return nil, fmt.Errorf("open WORK_DIR: %w", err)
	}
	d := &Directory{root: root}
	if err := d.open(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Directory) open() (err error) {
	if err := d.root.Mkdir("tree", 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the tree in WORK_DIR: %w", err)
	}
	if d.tree, err = openDirectory(d.root, "tree"); err != nil {
		return fmt.Errorf("open the tree in WORK_DIR: %w", err)
	}
	if d.list, err = openList(d.root); err != nil {
		return err
	}
	for _, e := range d.list.sorted() {
		if !e.Whole {
			d.sweep(e)
		}
	}
	return nil
}

// sweep removes the files beside the places of a stack's files that a crash has left there. One that cannot be removed
// does no harm.
func (d *Directory) sweep(e entry) {
	swept := map[string]bool{}
	for _, file := range e.Files {
		if swept[path.Dir(file.Path)] {
			continue
		}
		swept[path.Dir(file.Path)] = true
		in, err := d.look(file.Path)
		if err != nil {
			continue
		}
		names, _ := fs.ReadDir(in.FS(), ".")
		for _, name := range names {
			if strings.HasPrefix(name.Name(), partial) {
				in.RemoveAll(name.Name())
			}
		}
		in.Close()
	}
}

// Close closes the files that the Directory holds open.
func (d *Directory) Close() error {
	var errs []error
	if d.list != nil && d.list.file != nil {
		errs = append(errs, d.list.file.Close())
	}
	if d.tree != nil {
		errs = append(errs, d.tree.Close())
	}
	return errors.Join(append(errs, d.root.Close())...)
}

// Stacks are the paths of the stacks that have files here, sorted.
func (d *Directory) Stacks() []string {
	var stacks []string
	for _, e := range d.list.sorted() {
		stacks = append(stacks, e.Stack)
	}
	return stacks
}

// Written is how much a Put has done.
type Written struct {
	// Files is how many files were written, and Bytes their length together.
	Files int
	Bytes int64
	// Removed is how many files were removed.
	Removed int
}

// Put makes the files of a stack those of a commit: it writes what differs from what was written before or is not there,
// and removes what the stack was made of before and no stack is any more. It asks contents only for blobs that it has to
// write, once. All contents are on the disk before the first file changes its content.
//
// The error is a *Refused if the files cannot be written as Git has them, one of contents, or one of the disk. The stack
// may then have files of both commits; the next Put mends that.
func (d *Directory) Put(ctx context.Context, stack string, files []File, contents Contents) (Written, error) {
	for _, file := range files {
		if err := checkPath(file.Path); err != nil {
			return Written{}, err
		}
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	files = slices.CompactFunc(files, func(a, b File) bool { return a.Path == b.Path })
	p := &put{directory: d, next: entry{Stack: stack, Files: files}}
	p.plan(d.list.entries[stack])
	if len(p.writes) == 0 && len(p.next.Leaving) == 0 && d.list.entries[stack].Whole {
		return Written{}, d.note(p.next)
	}
	if err := d.begin(p); err != nil {
		return Written{}, err
	}
	defer p.close()
	if err := p.run(ctx, contents); err != nil {
		return p.written, err
	}
	return p.written, d.note(p.next)
}

// begin notes what a Put is going to do. Other stacks that have another content for one of its files are not whole then,
// so that their next Put writes theirs.
func (d *Directory) begin(p *put) error {
	writes := map[string]File{}
	for _, file := range p.writes {
		if d.list.users[file.Path] > 0 {
			writes[file.Path] = file
		}
	}
	for _, e := range d.list.sorted() {
		differs := e.Stack != p.next.Stack && e.Whole && slices.ContainsFunc(e.Files, func(file File) bool {
			ours, ok := writes[file.Path]
			return ok && ours != file
		})
		if differs {
			e.Whole = false
			if err := d.list.add(d.root, e); err != nil {
				return err
			}
		}
	}
	return d.list.add(d.root, p.next)
}

// note notes that a stack's files are on the disk, if the list does not say so yet.
func (d *Directory) note(e entry) error {
	e.Leaving, e.Whole = nil, true
	if known, ok := d.list.entries[e.Stack]; ok && known.Whole && slices.Equal(known.Files, e.Files) {
		return nil
	}
	return d.list.add(d.root, e)
}

// Forget removes the files of a stack that no other stack is made of.
func (d *Directory) Forget(ctx context.Context, stack string) (Written, error) {
	return d.Put(ctx, stack, nil, nil)
}

// Managed tells whether mooring has written what is at a path for a stack.
func (d *Directory) Managed(path string) bool { return d.list.users[path] > 0 }

package checkout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
)

// put is one Put. It belongs to it.
type put struct {
	directory *Directory
	next      entry
	// writes are the files that are written.
	writes []File
	// partials are the files that were written beside their places.
	partials []written
	written  Written
}

// written is a file that is whole on the disk, and not yet at its place. There may be very many of them, so it holds
// nothing open.
type written struct {
	// path is its path in the tree, and partial its name until it is at its place.
	path, partial string
}

// plan decides what to write and what to remove. before is what the list has for the stack.
func (p *put) plan(before entry) {
	known := map[string]File{}
	if before.Whole {
		for _, file := range before.Files {
			known[file.Path] = file
		}
	}
	keeps := map[string]bool{}
	for _, file := range p.next.Files {
		keeps[file.Path] = true
		if known[file.Path] != file || !p.directory.has(file) {
			p.writes = append(p.writes, file)
		}
	}
	for _, at := range before.paths() {
		if !keeps[at] {
			p.next.Leaving = append(p.next.Leaving, at)
		}
	}
	slices.Sort(p.next.Leaving)
	p.next.Leaving = slices.Compact(p.next.Leaving)
}

func (p *put) run(ctx context.Context, contents Contents) error {
	if err := p.writePartials(ctx, contents); err != nil {
		return err
	}
	for _, at := range slices.Backward(p.next.Leaving) {
		if err := p.remove(at); err != nil {
			return err
		}
	}
	for _, w := range p.partials {
		if err := p.directory.place(w); err != nil {
			return p.directory.shown(err)
		}
		p.written.Files++
	}
	return nil
}

// writePartials writes the contents beside the places of their files.
func (p *put) writePartials(ctx context.Context, contents Contents) error {
	byID := map[string][]File{}
	var ids []string
	for _, file := range p.writes {
		if byID[file.ID] == nil {
			ids = append(ids, file.ID)
		}
		byID[file.ID] = append(byID[file.ID], file)
	}
	if len(ids) == 0 {
		return nil
	}
	missing := len(ids)
	err := contents.Blobs(ctx, ids, func(id string, content []byte) error {
		missing--
		for _, file := range byID[id] {
			if err := p.writePartial(file, content); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if large := (*TooLarge)(nil); errors.As(err, &large) && len(byID[large.ID]) > 0 {
		return refuse("%q is larger than %d MiB.", byID[large.ID][0].Path, large.Limit>>20)
	}
	if err == nil && missing != 0 {
		err = fmt.Errorf("%d of %d files of %q were not sent", missing, len(ids), p.next.Stack)
	}
	return err
}

func (p *put) writePartial(file File, content []byte) error {
	if err := checkPointer(file, content); err != nil {
		return err
	}
	in, err := p.parent(file.Path)
	if err != nil {
		return p.directory.shown(err)
	}
	defer in.Close()
	w := written{path: file.Path, partial: partial + strconv.Itoa(len(p.partials))}
	p.partials = append(p.partials, w)
	if err := w.write(in, file.Mode, content); err != nil {
		return p.directory.shown(fmt.Errorf("write %q: %w", file.Path, err))
	}
	p.written.Bytes += int64(len(content))
	return nil
}

// write writes the content in the file's directory. What is there under the partial name is left from a crash.
func (w written) write(in *os.Root, mode Mode, content []byte) error {
	if err := in.RemoveAll(w.partial); err != nil {
		return err
	}
	if mode == Link {
		return in.Symlink(string(content), w.partial)
	}
	permissions := fs.FileMode(0o644)
	if mode == Executable {
		permissions = 0o755
	}
	file, err := in.OpenFile(w.partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, permissions)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Chmod(permissions), file.Sync(), file.Close())
}

// place gives the file its name. An empty directory of that name, which is left of earlier files, is removed.
func (d *Directory) place(w written) error {
	in, err := d.look(w.path)
	if err != nil {
		return fmt.Errorf("the directory of %q: %w", w.path, err)
	}
	defer in.Close()
	name := path.Base(w.path)
	info, err := in.Lstat(name)
	if err == nil && info.IsDir() {
		if err := in.Remove(name); err != nil {
			return refuse("%q is a directory with files that mooring did not write, and Git has a file there. Move them.", w.path)
		}
	}
	if err := in.Rename(w.partial, name); err != nil {
		return err
	}
	return syncDirectory(in)
}

// close removes what was not put at its place. It is there only after an error, which is told already.
func (p *put) close() {
	for _, w := range p.partials {
		if in, err := p.directory.look(w.path); err == nil {
			in.Remove(w.partial)
			in.Close()
		}
	}
}

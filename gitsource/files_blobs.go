package gitsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"mooring/gitsource/checkout"
	"mooring/gitsource/fault"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
	"mooring/gitsource/protocol"
)

const (
	// maxFile is the size in bytes of the largest file that a stack may be made of.
	maxFile = 256 << 20
	// maxKept bounds the bytes of the files that Keep keeps.
	maxKept = 64 << 20
)

// Read returns the content of a file, or the target of a symbolic link. The error is that of Entry.
func (c *Commit) Read(ctx context.Context, name string) (content []byte, err error) {
	at, err := c.entry(ctx, name)
	if err != nil {
		return nil, err
	}
	if at.Mode != object.ModeFile && at.Mode != object.ModeLink {
		return nil, fmt.Errorf("%q is no file: %w", name, errors.ErrUnsupported)
	}
	err = c.Blobs(ctx, []string{at.ID.String()}, func(_ string, found []byte) error {
		content = bytes.Clone(found)
		return nil
	})
	return content, err
}

// Prefetch reads the files in these directories that Compose may read: those with the names of compose files and of files
// of variables. It takes one request for all of them, and Read finds them then. A directory that is not there has none.
func (c *Commit) Prefetch(ctx context.Context, directories []string) error {
	var ids []string
	for _, directory := range directories {
		at, err := c.entry(ctx, directory)
		if err != nil || at.Mode != object.ModeDirectory {
			continue
		}
		entries, err := c.entries(ctx, at.ID)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if _, has := c.contents[entry.ID]; entry.Mode == object.ModeFile && composeMayRead(string(entry.Name)) && !has {
				ids = append(ids, entry.ID.String())
			}
		}
	}
	return c.Keep(ctx, ids)
}

// Keep reads files, named by their ids, so that Read finds them. It takes one request for all of them. When it keeps
// 64 MiB, it leaves out the rest. Its errors are those of Blobs.
func (c *Commit) Keep(ctx context.Context, ids []string) error {
	return c.Blobs(ctx, ids, func(id string, content []byte) error {
		parsed, ok := object.ParseID(id)
		if _, has := c.contents[parsed]; ok && !has && c.size+len(content) <= maxKept {
			c.size += len(content)
			c.contents[parsed] = bytes.Clone(content)
		}
		return nil
	})
}

// Holds tells whether Read gives a file without a request to the host.
func (c *Commit) Holds(id string) bool {
	parsed, ok := object.ParseID(id)
	if _, has := c.contents[parsed]; ok && has {
		return true
	}
	return c.repository != nil
}

func composeMayRead(name string) bool {
	switch path.Ext(name) {
	case ".yml", ".yaml", ".env":
		return true
	}
	return strings.HasPrefix(name, ".env.")
}

// Blobs implements checkout.Contents. It takes one request for all ids, if the host serves single objects. Its errors are
// a *checkout.TooLarge for a file of more than 256 MiB, those of visit, and *actors.Failure.
func (c *Commit) Blobs(ctx context.Context, ids []string, visit func(string, []byte) error) error {
	wanted := &wantedBlobs{left: map[object.ID]struct{}{}, visit: visit}
	for _, text := range ids {
		id, ok := object.ParseID(text)
		if !ok {
			return c.failure(ctx, fault.Malformed("%q is no object's id", text))
		}
		if content, has := c.contents[id]; has {
			if err := visit(text, content); err != nil {
				return err
			}
			continue
		}
		wanted.left[id] = struct{}{}
	}
	read := c.fetchBlobs
	if c.repository != nil {
		read = c.readBlobs
	}
	err := read(ctx, wanted)
	switch large := (*checkout.TooLarge)(nil); {
	case wanted.failure != nil:
		return wanted.failure
	case errors.As(err, &large):
		return large
	case err != nil:
		return c.failure(ctx, err)
	}
	return nil
}

// readBlobs reads from a repository on this machine.
func (c *Commit) readBlobs(ctx context.Context, wanted *wantedBlobs) error {
	for _, id := range wanted.ids() {
		if err := ctx.Err(); err != nil {
			return err
		}
		content, err := c.repository.Object(object.Blob, id, c.files.largest)
		switch {
		case errors.Is(err, fault.ErrTooLarge):
			return &checkout.TooLarge{ID: id.String(), Limit: c.files.largest}
		case err != nil:
			return fmt.Errorf("read blob %s: %w", id, err)
		}
		if err := wanted.Object(object.Blob, id, content); err != nil {
			return err
		}
	}
	return nil
}

// fetchBlobs asks a Git host. If it does not serve single objects, it asks for all files of the commit.
func (c *Commit) fetchBlobs(ctx context.Context, wanted *wantedBlobs) error {
	if len(wanted.left) == 0 {
		return nil
	}
	if err := c.connect(ctx); err != nil {
		return err
	}
	err := c.askForBlobs(ctx, wanted, protocol.Request{Wants: wanted.ids()})
	if wanted.failure == nil && wantsWhole(err) {
		err = c.askForBlobs(ctx, wanted, protocol.Request{Wants: []object.ID{c.id}, Shallow: true})
	}
	for alone := 0; err == nil && len(wanted.left) > 0 && alone < maxAlone; alone++ {
		// A blob that came as a delta and could not be made within the limits comes whole if it is asked for alone.
		before := len(wanted.left)
		err = c.askForBlobs(ctx, wanted, protocol.Request{Wants: wanted.ids()[:1]})
		if len(wanted.left) == before {
			break
		}
	}
	if err == nil && len(wanted.left) > 0 {
		err = fault.ErrAbsent
	}
	return err
}

func (c *Commit) askForBlobs(ctx context.Context, wanted *wantedBlobs, request protocol.Request) error {
	limits := pack.Limits{Bytes: 8 << 30, Objects: 2_000_000, Object: c.files.largest}
	if err := c.ask(ctx, request, wanted, limits); err != nil {
		return err
	}
	if !wanted.large.IsZero() {
		return &checkout.TooLarge{ID: wanted.large.String(), Limit: c.files.largest}
	}
	return nil
}

// wantedBlobs gives the blobs of a pack that are wanted to visit, each once.
type wantedBlobs struct {
	left  map[object.ID]struct{}
	visit func(string, []byte) error
	// failure is an error of visit, and large is a blob that is too large; zero for none.
	failure error
	large   object.ID
}

func (w *wantedBlobs) ids() []object.ID {
	ids := make([]object.ID, 0, len(w.left))
	for id := range w.left {
		ids = append(ids, id)
	}
	return ids
}

// Expect implements pack.Visitor.
func (*wantedBlobs) Expect(int) {}

// Object implements pack.Visitor.
func (w *wantedBlobs) Object(kind object.Kind, id object.ID, content []byte) error {
	if _, wanted := w.left[id]; !wanted || kind != object.Blob {
		return nil
	}
	delete(w.left, id)
	w.failure = w.visit(id.String(), content)
	return w.failure
}

// Large implements pack.Visitor.
func (w *wantedBlobs) Large(_ object.Kind, id object.ID) {
	if _, wanted := w.left[id]; wanted {
		w.large = id
	}
}

package gitsource

import (
	"bytes"
	"context"
	"fmt"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
	"mooring/gitsource/protocol"
)

// loadTrees makes the kept trees those of the commit. It asks for what has changed since the commit whose trees are kept,
// and for all if the answer lacks something.
func (c *Commit) loadTrees(ctx context.Context) error {
	f := c.files
	if f.commit == c.id {
		return nil
	}
	if err := c.connect(ctx); err != nil {
		return err
	}
	if !f.commit.IsZero() {
		err := c.askForTrees(ctx, protocol.Request{Wants: []object.ID{c.id}, Have: f.commit, Filter: withoutBlobs})
		if !wantsWhole(err) {
			return err
		}
	}
	f.commit, f.trees = object.ID{}, nil
	return c.askForTrees(ctx, protocol.Request{Wants: []object.ID{c.id}, Shallow: true, Filter: withoutBlobs})
}

// listing has the entries of a directory by their names.
type listing struct {
	id      object.ID
	entries map[string]object.Entry
}

const (
	// minListed is the size in bytes of the smallest tree that is made a listing.
	minListed = 4 << 10
	// maxListed is that of the largest one: about 200,000 entries, which take some 30 MiB.
	maxListed = 8 << 20
)

// find looks a name up in a tree at a depth. It keeps a listing of each large tree on the way to the last path, so that it
// does not read the tree once for each of many paths that are looked up in their order.
func (c *Commit) find(ctx context.Context, id object.ID, name string, depth int) (object.Entry, bool, error) {
	if depth < len(c.listed) && c.listed[depth].id == id {
		entry, found := c.listed[depth].entries[name]
		return entry, found, nil
	}
	tree, err := c.tree(ctx, id)
	if err != nil {
		return object.Entry{}, false, err
	}
	if len(tree) < minListed || len(tree) > maxListed || depth > maxFilesDepth {
		entry, found, err := id.Format().FindEntry(tree, name)
		if err != nil {
			err = fmt.Errorf("read tree %s: %w", id, err)
		}
		return entry, found, err
	}
	list := listing{id, map[string]object.Entry{}}
	for entry, err := range id.Format().Entries(tree) {
		if err != nil {
			return object.Entry{}, false, fmt.Errorf("read tree %s: %w", id, err)
		}
		key := string(entry.Name)
		entry.Name = nil // it is of the tree's bytes, which are valid only for now
		list.entries[key] = entry
	}
	for len(c.listed) <= depth {
		c.listed = append(c.listed, listing{})
	}
	c.listed[depth] = list
	entry, found := list.entries[name]
	return entry, found, nil
}

// connect opens a session with the host, if there is none yet. It asks for nothing: the commit is known.
func (c *Commit) connect(ctx context.Context) (err error) {
	if c.session == nil {
		c.session, err = c.remote.OpenCommit(ctx, c.id, c.facts)
	}
	return err
}

// askForTrees sends a request and keeps the commit's trees of the answer and of before.
func (c *Commit) askForTrees(ctx context.Context, request protocol.Request) error {
	received := &treesOnly{trees: map[object.ID][]byte{}}
	for id, tree := range c.files.trees {
		received.trees[id] = tree
	}
	if err := c.ask(ctx, request, received, pack.Limits{Bytes: 8 << 30, Objects: 2_000_000, Object: maxTree}); err != nil {
		return err
	}
	kept := map[object.ID][]byte{}
	if err := received.reach(c.root, kept, 0); err != nil {
		return fmt.Errorf("commit %s: %w", c.id, err)
	}
	c.files.commit, c.files.trees = c.id, kept
	return nil
}

// ask sends a request and gives the objects in the answer to visit.
func (c *Commit) ask(ctx context.Context, request protocol.Request, visit pack.Visitor, limits pack.Limits) error {
	answer, err := c.session.Fetch(ctx, request)
	if err != nil {
		return err
	}
	defer answer.Close()
	_, err = pack.NewReader(c.id.Format(), limits, visit).Read(ctx, answer)
	return err
}

// treesOnly keeps the trees of a pack.
type treesOnly struct {
	trees map[object.ID][]byte
	size  int
}

// Expect implements pack.Visitor.
func (*treesOnly) Expect(int) {}

// Large implements pack.Visitor.
func (*treesOnly) Large(object.Kind, object.ID) {}

// Object implements pack.Visitor.
func (t *treesOnly) Object(kind object.Kind, id object.ID, content []byte) error {
	if kind != object.Tree || t.trees[id] != nil {
		return nil
	}
	if t.size += len(content); t.size > maxTrees {
		return pack.TooLarge()
	}
	t.trees[id] = bytes.Clone(content)
	return nil
}

// reach puts a tree and all below it into kept. The error is fault.ErrAbsent if one is missing.
func (t *treesOnly) reach(id object.ID, kept map[object.ID][]byte, depth int) error {
	if _, done := kept[id]; done {
		return nil
	}
	tree, ok := t.trees[id]
	switch {
	case !ok:
		return fmt.Errorf("tree %s: %w", id, fault.ErrAbsent)
	case depth > maxFilesDepth:
		return fault.Unservable("directories are nested more than %d deep", maxFilesDepth)
	}
	kept[id] = tree
	for entry, err := range id.Format().Entries(tree) {
		if err != nil {
			return fmt.Errorf("read tree %s: %w", id, err)
		}
		if entry.Mode == object.ModeDirectory {
			if err := t.reach(entry.ID, kept, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

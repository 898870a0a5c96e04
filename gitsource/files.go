package gitsource

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"mooring/actors"
	"mooring/gitsource/checkout"
	"mooring/gitsource/fault"
	"mooring/gitsource/local"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
	"mooring/gitsource/transport"
)

// Files gives the files of commits. Of a Git host's repository it keeps the trees of the commit that was opened last, so
// that the next one takes one request for the trees that have changed. It belongs to one goroutine.
type Files struct {
	source *Source
	// commit is the commit whose trees are kept; zero for none.
	commit object.ID
	trees  map[object.ID][]byte
	// largest is the size in bytes of the largest file that is given.
	largest int64
}

// Files makes a Files for the Source's repository.
func (s *Source) Files() *Files { return &Files{source: s, largest: maxFile} }

// Commit has the files of one commit. It belongs to the goroutine of its Files. Close ends its session with the host.
type Commit struct {
	files *Files
	facts protocol.Facts
	id    object.ID
	root  object.ID
	// remote has the connections of the refresh that has read the commit; nil for a repository on this machine.
	remote *transport.Remote
	// session is the session with the host; nil until it is needed, and for a repository on this machine.
	session *protocol.Session
	// repository is the repository on this machine; nil for a Git host.
	repository *local.Repository
	// contents are the files that Keep has read, and size is how many bytes they have.
	contents map[object.ID][]byte
	size     int
	// listed are the directories that names were looked up in last, by their depth.
	listed []listing
}

// Open opens the commit that a state was read from. The state must be one that this Source has made in this process. It
// sends nothing if that is the commit that was opened last. Every error is an *actors.Failure; one of them says that the
// host does not have the commit any more, and then a refresh brings a newer state.
func (f *Files) Open(ctx context.Context, state actors.DesiredState) (*Commit, error) {
	m, ok := state.Index.(*memory)
	if !ok || m.owner != f.source {
		return nil, fault.New(actors.CodeInternal, "The desired state is not one that this process has read from Git.")
	}
	c := &Commit{
		files: f, facts: m.facts, id: m.tip.Commit, root: m.root, remote: m.remote, contents: map[object.ID][]byte{},
	}
	if err := c.open(ctx); err != nil {
		c.Close()
		return nil, c.failure(ctx, err)
	}
	return c, nil
}

func (c *Commit) open(ctx context.Context) (err error) {
	s := c.files.source
	if s.local == "" {
		return c.loadTrees(ctx)
	}
	if s.isSearched {
		c.repository, err = local.Discover(s.local)
	} else {
		c.repository, err = local.Open(s.local)
	}
	return err
}

// Close ends the session with the host, or closes the files of the repository.
func (c *Commit) Close() {
	if c.session != nil {
		c.session.Close()
	}
	if c.repository != nil {
		c.repository.Close()
	}
}

// RepositoryName is the last part of the repository's address without ".git", or the name of its directory. Compose would
// give it to a stack at the root of a clone.
func (c *Commit) RepositoryName() string {
	if c.repository != nil {
		return c.repository.Name()
	}
	return c.files.source.remote.Name()
}

// failure makes an *actors.Failure of an error, as Fetch does.
func (c *Commit) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.Of(ctx.Err())
	}
	if c.files.source.local != "" {
		err = local.Fault(err)
	}
	return fault.Of(err)
}

// Entry is what is at one path of a commit.
type Entry struct {
	// Mode is the kind of the entry, and Executable tells whether a file is a program.
	Mode       object.Mode
	Executable bool
	// ID names the blob, the tree or the submodule's commit, in hex digits.
	ID string
}

// Entry tells what is at a path: a clean one with "/", relative to the root, which is ".". It follows no symbolic link.
// The error is fs.ErrNotExist if there is nothing, or an *actors.Failure.
func (c *Commit) Entry(ctx context.Context, name string) (Entry, error) {
	at, err := c.entry(ctx, name)
	if err != nil {
		return Entry{}, err
	}
	return Entry{at.Mode, at.Executable, at.ID.String()}, nil
}

func (c *Commit) entry(ctx context.Context, name string) (object.Entry, error) {
	at := object.Entry{Mode: object.ModeDirectory, ID: c.root}
	if name == "." {
		return at, nil
	}
	depth := 0
	for part := range strings.SplitSeq(name, "/") {
		if at.Mode != object.ModeDirectory {
			return object.Entry{}, fs.ErrNotExist
		}
		next, found, err := c.find(ctx, at.ID, part, depth)
		if err != nil {
			return object.Entry{}, c.failure(ctx, err)
		}
		if !found {
			return object.Entry{}, fs.ErrNotExist
		}
		at = next
		depth++
	}
	return at, nil
}

// tree returns the bytes of a tree, which are valid until the next call.
func (c *Commit) tree(ctx context.Context, id object.ID) ([]byte, error) {
	if c.repository == nil {
		if tree, ok := c.files.trees[id]; ok {
			return tree, nil
		}
		return nil, fmt.Errorf("tree %s: %w", id, fault.ErrAbsent)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tree, err := c.repository.Object(object.Tree, id, maxTree)
	if errors.Is(err, fault.ErrTooLarge) {
		return nil, treeTooLarge(maxTree)
	}
	return tree, err
}

// Under returns the file at a path, or all files below it if it is a directory. Submodules have no files here. The error
// is that of Entry.
func (c *Commit) Under(ctx context.Context, name string) ([]checkout.File, error) {
	at, err := c.entry(ctx, name)
	if err != nil {
		return nil, err
	}
	return c.under(ctx, nil, name, at, 0)
}

// maxFilesDepth is how deep directories may be nested. Linux has no longer paths.
const maxFilesDepth = 2048

func (c *Commit) under(
	ctx context.Context, files []checkout.File, name string, at object.Entry, depth int,
) ([]checkout.File, error) {
	file := checkout.File{Path: name, Mode: checkout.Regular, ID: at.ID.String()}
	switch {
	case depth > maxFilesDepth:
		return nil, c.failure(ctx, fault.Unservable("directories are nested more than %d deep", maxFilesDepth))
	case at.Mode == object.ModeOther:
		return files, nil
	case at.Mode == object.ModeLink:
		file.Mode = checkout.Link
		return append(files, file), nil
	case at.Mode == object.ModeFile:
		if at.Executable {
			file.Mode = checkout.Executable
		}
		return append(files, file), nil
	}
	entries, err := c.entries(ctx, at.ID)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if files, err = c.under(ctx, files, path.Join(name, string(entry.Name)), entry, depth+1); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// entries are the entries of a tree. They stay valid: names are copied.
func (c *Commit) entries(ctx context.Context, id object.ID) ([]object.Entry, error) {
	tree, err := c.tree(ctx, id)
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	var entries []object.Entry
	for entry, err := range id.Format().Entries(tree) {
		if err != nil {
			return nil, c.failure(ctx, fmt.Errorf("read tree %s: %w", id, err))
		}
		entry.Name = []byte(string(entry.Name))
		entries = append(entries, entry)
	}
	return entries, nil
}

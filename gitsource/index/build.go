package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// builder makes the Index of one commit from its objects and from the Index of an earlier commit. It belongs to one
// Build.
type builder struct {
	names   []string
	objects Objects
	// old is the earlier Index, or nil.
	old *Index
	// moved finds the directories and hashes of the old Index that have moved to another path; it is made when it is
	// first needed.
	moved *catalog
	// made are the directories of this build by their ids. inOrder are the same, each after its subdirectories.
	made    map[object.ID]*directory
	inOrder []*directory
	// scratch is a stack: the directories that are still to be entered.
	scratch []namedTree
}

type namedTree struct {
	name string
	id   object.ID
}

func newBuilder(names []string, from Objects, old *Index) *builder {
	trees := from.TreeCount()
	return &builder{
		names: names, objects: from, old: old,
		made: make(map[object.ID]*directory, trees), inOrder: make([]*directory, 0, trees),
	}
}

// descend goes from the root to the deploy directory. It returns the ids of the trees on the way, both included.
func (b *builder) descend(ctx context.Context, root object.ID, deployDir string) ([]object.ID, error) {
	trail := []object.ID{root}
	if deployDir == "." {
		return trail, nil
	}
	for depth, name := range strings.Split(deployDir, "/") {
		at := trail[depth]
		if b.old != nil && b.old.trail[depth] == at {
			return append(trail, b.old.trail[depth+1:]...), nil
		}
		tree, err := b.rawTree(ctx, at)
		if err != nil {
			return nil, err
		}
		entry, found, err := object.FindEntry(tree, name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read tree %s: %w", at, err)
		case !found:
			return nil, fault.New(actors.CodeDeployDirNotFound,
				"The commit has no directory %q; check GIT_DEPLOY_DIR.", fault.Clean(deployDir))
		case entry.Mode != object.ModeDirectory:
			return nil, fault.New(actors.CodeDeployDirNotADirectory,
				"%q is not a directory in the commit; check GIT_DEPLOY_DIR.", fault.Clean(deployDir))
		}
		trail = append(trail, entry.ID)
	}
	return trail, nil
}

// rawTree returns a tree that the objects have or that the old Index kept.
func (b *builder) rawTree(ctx context.Context, id object.ID) ([]byte, error) {
	tree, err := b.objects.Tree(ctx, id)
	if errors.Is(err, fault.ErrAbsent) && b.old != nil {
		if kept, ok := b.old.trees[id]; ok {
			return kept, nil
		}
	}
	return tree, err
}

// directory returns the directory of a tree. counterpart is the directory at the same path in the old Index, or nil.
func (b *builder) directory(
	ctx context.Context, id object.ID, counterpart *directory, depth int,
) (*directory, error) {
	if counterpart != nil && counterpart.id == id {
		return counterpart, nil
	}
	if d, ok := b.made[id]; ok {
		return d, nil
	}
	if depth > maxDepth {
		return nil, fault.Unservable("directories are nested more than %d deep", maxDepth)
	}
	tree, err := b.objects.Tree(ctx, id)
	if errors.Is(err, fault.ErrAbsent) {
		if d, ok := b.catalog().directories[id]; ok {
			return d, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	return b.makeDirectory(ctx, id, tree, counterpart, depth)
}

func (b *builder) makeDirectory(
	ctx context.Context, id object.ID, tree []byte, before *directory, depth int,
) (*directory, error) {
	d := &directory{id: id}
	start := len(b.scratch)
	for entry, err := range object.Entries(tree) {
		if err != nil {
			return nil, fmt.Errorf("read tree %s: %w", id, err)
		}
		if rank := b.rank(entry.Name); rank >= 0 {
			d.files = append(d.files, composeFile{rank: uint16(rank), mode: entry.Mode, id: entry.ID})
		}
		isFile := entry.Mode == object.ModeFile || entry.Mode == object.ModeLink
		d.hasOther = d.hasOther || isFile && b.isOther(entry.Name)
		if entry.Mode == object.ModeDirectory {
			b.scratch = append(b.scratch, namedTree{string(entry.Name), entry.ID})
		}
	}
	end := len(b.scratch)
	if end > start {
		d.directories = make([]subdirectory, 0, end-start)
	}
	for i := start; i < end; i++ {
		name := b.scratch[i].name
		child, err := b.directory(ctx, b.scratch[i].id, before.child(name), depth+1)
		if err != nil {
			return nil, err
		}
		d.directories = append(d.directories, subdirectory{name, child})
	}
	b.scratch = b.scratch[:start]
	return d, b.add(d, before)
}

// add sorts the entries of a directory and adds the directory to the build.
func (b *builder) add(d, before *directory) error {
	slices.SortFunc(d.directories, func(a, b subdirectory) int { return cmp.Compare(a.name, b.name) })
	slices.SortFunc(d.files, func(a, b composeFile) int { return cmp.Compare(a.rank, b.rank) })
	for i := 1; i < len(d.directories); i++ {
		if d.directories[i].name == d.directories[i-1].name {
			return fault.Unservable("a tree has two entries of the same name")
		}
	}
	for i := 1; i < len(d.files); i++ {
		if d.files[i].rank == d.files[i-1].rank {
			return fault.Unservable("a tree has two entries of the same name")
		}
	}
	if d.isPlain() && before != nil && before.isPlain() && before.files[0].id == d.files[0].id {
		d.hash, d.large = before.hash, before.large
	}
	d.summarize()
	if d.weight > maxComposeFiles {
		return fault.Unservable("the commit has more than %d compose files", maxComposeFiles)
	}
	b.made[d.id] = d
	b.inOrder = append(b.inOrder, d)
	return nil
}

// rank returns the number of a name among the names of compose files, or -1.
func (b *builder) rank(name []byte) int {
	for i, composeName := range b.names {
		if string(name) == composeName {
			return i
		}
	}
	return -1
}

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
	// inOrder are the directories of this build, each after its subdirectories. made has their numbers, by their ids.
	made    map[object.ID]int32
	inOrder []*directory
	// scratch is a stack: the directories that are still to be entered.
	scratch []namedTree
	// files and raw are used for each directory again.
	files []composeFile
	raw   []byte
}

type namedTree struct {
	name string
	id   object.ID
}

func newBuilder(names []string, from Objects, old *Index) *builder {
	trees := from.TreeCount()
	return &builder{
		names: names, objects: from, old: old,
		made: make(map[object.ID]int32, trees), inOrder: make([]*directory, 0, trees),
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
		entry, found, err := at.Format().FindEntry(tree, name)
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
	if counterpart != nil && counterpart.ids.own() == id {
		return counterpart, nil
	}
	if number, ok := b.made[id]; ok {
		return b.inOrder[number], nil
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
	start, hasOther := len(b.scratch), false
	b.files = b.files[:0]
	for entry, err := range id.Format().Entries(tree) {
		if err != nil {
			return nil, fmt.Errorf("read tree %s: %w", id, err)
		}
		if rank := b.rank(entry.Name); rank >= 0 {
			b.files = append(b.files, composeFile{rank: uint16(rank), mode: entry.Mode, id: entry.ID})
		}
		isFile := entry.Mode == object.ModeFile || entry.Mode == object.ModeLink
		hasOther = hasOther || isFile && b.isOther(entry.Name)
		if entry.Mode == object.ModeDirectory {
			b.scratch = append(b.scratch, namedTree{string(entry.Name), entry.ID})
		}
	}
	if err := sortFiles(b.files); err != nil {
		return nil, err
	}
	d := &directory{ids: packIDs(id, b.files, &b.raw), hasOther: hasOther}
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
	return d, b.add(id, d, before)
}

// sortFiles sorts compose files, the best name first.
func sortFiles(files []composeFile) error {
	slices.SortFunc(files, func(a, b composeFile) int { return cmp.Compare(a.rank, b.rank) })
	for i := 1; i < len(files); i++ {
		if files[i].rank == files[i-1].rank {
			return errTwice()
		}
	}
	return nil
}

func errTwice() error { return fault.Unservable("a tree has two entries of the same name") }

// add sorts the subdirectories of a directory and adds the directory to the build.
func (b *builder) add(id object.ID, d, before *directory) error {
	slices.SortFunc(d.directories, func(a, b subdirectory) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(d.directories); i++ {
		if d.directories[i].name == d.directories[i-1].name {
			return errTwice()
		}
	}
	if d.isPlain() && before != nil && before.isPlain() && before.ids.file(0).id == d.ids.file(0).id {
		d.hash, d.large = before.hash, before.large
	}
	d.summarize()
	if d.weight > maxComposeFiles {
		return fault.Unservable("the commit has more than %d compose files", maxComposeFiles)
	}
	b.made[id] = int32(len(b.inOrder))
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

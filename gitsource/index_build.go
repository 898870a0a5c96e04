package gitsource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mooring/actors"
)

// objects gives a builder what a commit is made of.
type objects interface {
	// tree returns the bytes of a tree, which the caller may read until its next call; errAbsent where it is not at hand.
	tree(ctx context.Context, id objectID) ([]byte, error)
	// treeCount is how many trees are at hand; 0 where they are not counted.
	treeCount() int
	// blob returns what is known of a blob so far.
	blob(id objectID) (blob, bool)
	// areAtHand tells whether making a blob known costs less than looking for it in an index of many thousands.
	areAtHand() bool
	// makeKnown makes all the wanted blobs known, or fails with errAbsent.
	makeKnown(ctx context.Context, wanted wantedBlobs) error
}

// wantedBlobs are blobs to be made known: the hashes of files, the texts of links.
type wantedBlobs struct {
	files, links map[objectID]struct{}
}

// newWantedBlobs returns an empty set with room for so many files.
func newWantedBlobs(files int) wantedBlobs {
	return wantedBlobs{files: make(map[objectID]struct{}, files), links: map[objectID]struct{}{}}
}

func (w wantedBlobs) isEmpty() bool { return len(w.files) == 0 && len(w.links) == 0 }

// ids returns each wanted blob once, in no particular order.
func (w wantedBlobs) ids() []objectID {
	ids := make([]objectID, 0, len(w.files)+len(w.links))
	for id := range w.files {
		ids = append(ids, id)
	}
	for id := range w.links {
		if _, too := w.files[id]; !too {
			ids = append(ids, id)
		}
	}
	return ids
}

// builder makes the index of one commit from the objects that are new and the index of an earlier commit. It belongs to
// one Fetch.
type builder struct {
	names   []string
	objects objects
	// old is the earlier index, or nil.
	old *index
	// known finds in the old index what has moved to another place; made when first needed.
	known *catalog
	// made are the directories of this build by their id, and in an order in which children come first.
	made    map[objectID]*directory
	inOrder []*directory
	// scratch is a stack of the entries that are being worked on.
	scratch []namedTree
}

type namedTree struct {
	name string
	id   objectID
}

func newBuilder(names []string, from objects, old *index) *builder {
	trees := from.treeCount()
	return &builder{
		names: names, objects: from, old: old,
		made: make(map[objectID]*directory, trees), inOrder: make([]*directory, 0, trees),
	}
}

// descend goes from the root to the deploy directory and returns the ids of the trees on the way, both included.
func (b *builder) descend(ctx context.Context, root objectID, deployDir string) ([]objectID, error) {
	trail := []objectID{root}
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
		entry, found, err := findEntry(tree, name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read tree %s: %w", at, err)
		case !found:
			return nil, failf(actors.CodeDeployDirNotFound,
				"The commit has no directory %q; check GIT_DEPLOY_DIR.", cleanText(deployDir))
		case entry.kind != directoryEntry:
			return nil, failf(actors.CodeDeployDirNotADirectory,
				"%q is not a directory in the commit; check GIT_DEPLOY_DIR.", cleanText(deployDir))
		}
		trail = append(trail, entry.id)
	}
	return trail, nil
}

// rawTree returns a tree that was sent now or that the old index kept.
func (b *builder) rawTree(ctx context.Context, id objectID) ([]byte, error) {
	tree, err := b.objects.tree(ctx, id)
	if errors.Is(err, errAbsent) && b.old != nil {
		if kept, ok := b.old.trees[id]; ok {
			return kept, nil
		}
	}
	return tree, err
}

// directory returns the directory of a tree. The counterpart is what stood in its place before, or nil.
func (b *builder) directory(
	ctx context.Context, id objectID, counterpart *directory, depth int,
) (*directory, error) {
	if counterpart != nil && counterpart.id == id {
		return counterpart, nil
	}
	if d, ok := b.made[id]; ok {
		return d, nil
	}
	if depth > maxDepth {
		return nil, unservable("directories are nested more than %d deep", maxDepth)
	}
	tree, err := b.objects.tree(ctx, id)
	if errors.Is(err, errAbsent) {
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
	ctx context.Context, id objectID, tree []byte, before *directory, depth int,
) (*directory, error) {
	d := &directory{id: id}
	start := len(b.scratch)
	for entry, err := range treeEntries(tree) {
		if err != nil {
			return nil, fmt.Errorf("read tree %s: %w", id, err)
		}
		if rank := b.rank(entry.name); rank >= 0 {
			d.files = append(d.files, composeFile{rank: uint16(rank), kind: entry.kind, id: entry.id})
		}
		if entry.kind == directoryEntry {
			b.scratch = append(b.scratch, namedTree{string(entry.name), entry.id})
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

// add puts a directory in order and takes it into the build.
func (b *builder) add(d, before *directory) error {
	slices.SortFunc(d.directories, func(a, b subdirectory) int { return cmp.Compare(a.name, b.name) })
	slices.SortFunc(d.files, func(a, b composeFile) int { return cmp.Compare(a.rank, b.rank) })
	for i := 1; i < len(d.directories); i++ {
		if d.directories[i].name == d.directories[i-1].name {
			return unservable("a tree has two entries of the same name")
		}
	}
	for i := 1; i < len(d.files); i++ {
		if d.files[i].rank == d.files[i-1].rank {
			return unservable("a tree has two entries of the same name")
		}
	}
	if d.isPlain() && before != nil && before.isPlain() && before.files[0].id == d.files[0].id {
		d.hash, d.large = before.hash, before.large
	}
	d.summarize()
	if d.weight > maxComposeFiles {
		return unservable("the commit has more than %d compose files", maxComposeFiles)
	}
	b.made[d.id] = d
	b.inOrder = append(b.inOrder, d)
	return nil
}

// rank returns the place of a name among those of compose files, or -1.
func (b *builder) rank(name []byte) int {
	for i, composeName := range b.names {
		if string(name) == composeName {
			return i
		}
	}
	return -1
}

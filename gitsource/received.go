package gitsource

import (
	"bytes"
	"context"

	"mooring/gitsource/fault"
	"mooring/gitsource/index"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
	"mooring/gitsource/protocol"
)

// receivedLimits bound what one attempt at a state takes in.
type receivedLimits struct {
	pack pack.Limits
	// trees is how many bytes of trees are kept: one that is a delta takes a few bytes of a pack, and any number here. The
	// texts of symbolic links may come to as much again.
	trees int
}

// received are the objects that a Git host sent in one attempt at a state, reduced to what a build needs: trees, the
// hashes of blobs, the texts of symbolic links.
type received struct {
	session *protocol.Session
	limits  receivedLimits
	packs   *pack.Reader
	tip     object.ID
	// first is the request that the attempt began with.
	first protocol.Request
	// root is the tree of the tip; zero until that was sent.
	root object.ID
	// notACommit: the tip was sent, and is something else.
	notACommit bool
	trees      map[object.ID][]byte
	// largeTrees were sent, and given up.
	largeTrees map[object.ID]struct{}
	treeBytes  int
	copies     []byte
	blobs      map[object.ID]index.Blob
	// links are the blobs that a tree calls a symbolic link: their texts count.
	links map[object.ID]struct{}
	// textBytes is the length of the texts that are kept.
	textBytes int
	// lost is how many objects were sent that could not be made within the limits.
	lost int
}

func newReceived(from *protocol.Session, limits receivedLimits) *received {
	r := &received{
		session:    from,
		limits:     limits,
		tip:        from.Tip(),
		largeTrees: map[object.ID]struct{}{},
		blobs:      map[object.ID]index.Blob{},
		links:      map[object.ID]struct{}{},
	}
	r.packs = pack.NewReader(limits.pack, r)
	return r
}

// begin sends the first request and takes in what comes.
func (r *received) begin(ctx context.Context, request protocol.Request) error {
	r.first = request
	return r.ask(ctx, request)
}

func (r *received) ask(ctx context.Context, request protocol.Request) error {
	pack, err := r.session.Fetch(ctx, request)
	if err != nil {
		return err
	}
	defer pack.Close()
	lost, err := r.packs.Read(ctx, pack)
	r.lost += lost
	return err
}

// Expect implements pack.Visitor.
func (r *received) Expect(objects int) {
	if r.trees == nil {
		r.trees = make(map[object.ID][]byte, min(objects, 1<<16))
	}
}

// Object implements pack.Visitor.
func (r *received) Object(kind object.Kind, id object.ID, content []byte) (err error) {
	switch kind {
	case object.Commit:
		if id == r.tip {
			r.root, err = object.CommitTree(content)
		}
		return err
	case object.Tree:
		err = r.addTree(id, content)
	case object.Blob:
		err = r.addBlob(id, content)
	}
	r.notACommit = r.notACommit || id == r.tip
	return err
}

// addTree keeps a tree, and notes the symbolic links in it: the texts of those that are sent after it can be kept when
// they come. What is wrong with a tree concerns whoever enters it: most never are.
func (r *received) addTree(id object.ID, tree []byte) error {
	for entry, err := range object.Entries(tree) {
		if err == nil && entry.Mode == object.ModeLink {
			r.links[entry.ID] = struct{}{}
		}
	}
	if _, known := r.trees[id]; known {
		return nil
	}
	if r.treeBytes += len(tree); r.treeBytes > r.limits.trees {
		if !r.first.Have.IsZero() {
			return pack.TooLarge() // the trees of all commits since then
		}
		return fault.Unservable("its trees are larger than %d bytes together", r.limits.trees)
	}
	r.trees[id] = r.keep(tree)
	return nil
}

// keep returns a copy of a tree. Trees are small and many: their copies share memory.
func (r *received) keep(tree []byte) []byte {
	if len(tree) > treeRoom/8 { // so that little room is left over where it does not fit
		return bytes.Clone(tree)
	}
	if len(tree) > cap(r.copies)-len(r.copies) {
		r.copies = make([]byte, 0, treeRoom)
	}
	start := len(r.copies)
	r.copies = append(r.copies, tree...)
	return r.copies[start:len(r.copies):len(r.copies)]
}

// treeRoom is how much memory is taken at once for copies of trees.
const treeRoom = 64 << 10

// Large implements pack.Visitor.
func (r *received) Large(kind object.Kind, id object.ID) {
	r.notACommit = r.notACommit || id == r.tip && kind != object.Commit
	switch kind {
	case object.Blob:
		r.blobs[id] = index.Blob{Large: true, IsText: true}
	case object.Tree:
		r.largeTrees[id] = struct{}{}
	}
}

// Tree implements objects.
func (r *received) Tree(_ context.Context, id object.ID) ([]byte, error) {
	if tree, ok := r.trees[id]; ok {
		return tree, nil
	}
	if _, ok := r.largeTrees[id]; ok {
		return nil, treeTooLarge(r.limits.pack.Object)
	}
	return nil, fault.ErrAbsent
}

// TreeCount implements objects.
func (r *received) TreeCount() int { return len(r.trees) }

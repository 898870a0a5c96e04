package gitsource

import (
	"context"

	"mooring/gitsource/fault"
	"mooring/gitsource/index"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
	"mooring/gitsource/protocol"
)

// receivedLimits bound what is kept in one attempt to read a state.
type receivedLimits struct {
	pack pack.Limits
	// trees bounds the bytes of trees that are kept: a tree that came as a delta may be any number of times larger than
	// in the pack. It also bounds the bytes of the targets of symbolic links.
	trees int
}

// received are the objects that a Git host sent in one attempt to read a state, reduced to what index.Build needs: the
// trees, the hashes of blobs, and the targets of symbolic links. It belongs to one Fetch.
type received struct {
	session *protocol.Session
	limits  receivedLimits
	packs   *pack.Reader
	tip     object.ID
	// first is the request with which the attempt began.
	first protocol.Request
	// commit is the tip; its Tree is zero until the tip has been received.
	commit object.Revision
	// notACommit tells that the tip has been received and is no commit.
	notACommit bool
	trees      keptTrees
	// largeTrees are the trees that were sent and are too large to be kept.
	largeTrees map[object.ID]struct{}
	blobs      map[object.ID]index.Blob
	// links are the blobs that a tree names as symbolic links. Their content is kept.
	links map[object.ID]struct{}
	// textBytes is the length of all kept targets.
	textBytes int
	// lost is the number of received deltas whose objects could not be made within the limits.
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
	r.packs = pack.NewReader(r.tip.Format(), limits.pack, r)
	return r
}

// begin sends the first request and reads the answer.
func (r *received) begin(ctx context.Context, request protocol.Request) error {
	r.first = request
	return r.ask(ctx, request)
}

// ask sends a request and reads the pack in the answer.
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
	if r.trees.places == nil {
		r.trees = newKeptTrees(min(objects, 1<<16))
	}
}

// Object implements pack.Visitor.
func (r *received) Object(kind object.Kind, id object.ID, content []byte) (err error) {
	switch kind {
	case object.Commit:
		if id == r.tip {
			r.commit, err = id.Format().ReadCommit(content)
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

// addTree keeps a tree and notes its symbolic links, so that the targets that come later are kept. It does not report a
// damaged tree, because most trees are never used.
func (r *received) addTree(id object.ID, tree []byte) error {
	for entry, err := range id.Format().Entries(tree) {
		if err == nil && entry.Mode == object.ModeLink {
			r.links[entry.ID] = struct{}{}
		}
	}
	if r.trees.has(id) {
		return nil
	}
	if r.trees.size+len(tree) > r.limits.trees {
		if !r.first.Have.IsZero() {
			return pack.TooLarge() // the pack has the trees of all commits since then
		}
		return fault.Unservable("its trees are larger than %d bytes together", r.limits.trees)
	}
	r.trees.add(id, tree)
	return nil
}

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

// Tree implements index.Objects.
func (r *received) Tree(_ context.Context, id object.ID) ([]byte, error) {
	if tree, ok := r.trees.get(id); ok {
		return tree, nil
	}
	if _, ok := r.largeTrees[id]; ok {
		return nil, treeTooLarge(r.limits.pack.Object)
	}
	return nil, fault.ErrAbsent
}

// TreeCount implements index.Objects.
func (r *received) TreeCount() int { return len(r.trees.places) }

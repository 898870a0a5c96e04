package gitsource

import (
	"bytes"
	"context"

	"mooring/hashing"
)

// receivedLimits bound what one attempt at a state takes in.
type receivedLimits struct {
	pack packLimits
	// trees is how many bytes of trees are kept: one that is a delta takes a few bytes of a pack, and any number here. The
	// texts of symbolic links may come to as much again.
	trees int
}

// received are the objects that a Git host sent in one attempt at a state, reduced to what a build needs: trees, the
// hashes of blobs, the texts of symbolic links.
type received struct {
	session *session
	limits  receivedLimits
	packs   *packReader
	tip     objectID
	// first is the request that the attempt began with.
	first fetchRequest
	// root is the tree of the tip; zero until that was sent.
	root objectID
	// notACommit: the tip was sent, and is something else.
	notACommit bool
	trees      map[objectID][]byte
	// largeTrees were sent, and given up.
	largeTrees map[objectID]struct{}
	treeBytes  int
	room       []byte
	blobs      map[objectID]blob
	// links are the blobs that a tree calls a symbolic link: their texts count.
	links map[objectID]struct{}
	// textBytes is the length of the texts that are kept.
	textBytes int
	// lost is how many objects were sent that could not be made within the limits.
	lost int
}

func newReceived(from *session, limits receivedLimits) *received {
	r := &received{
		session:    from,
		limits:     limits,
		tip:        from.tip(),
		largeTrees: map[objectID]struct{}{},
		blobs:      map[objectID]blob{},
		links:      map[objectID]struct{}{},
	}
	r.packs = newPackReader(limits.pack, r)
	return r
}

// begin sends the first request and takes in what comes.
func (r *received) begin(ctx context.Context, request fetchRequest) error {
	r.first = request
	return r.ask(ctx, request)
}

func (r *received) ask(ctx context.Context, request fetchRequest) error {
	pack, err := r.session.fetch(ctx, request)
	if err != nil {
		return err
	}
	defer pack.Close()
	lost, err := r.packs.read(ctx, pack)
	r.lost += lost
	return err
}

// expect implements packVisitor.
func (r *received) expect(objects int) {
	if r.trees == nil {
		r.trees = make(map[objectID][]byte, min(objects, 1<<16))
	}
}

// object implements packVisitor.
func (r *received) object(kind objectKind, id objectID, content []byte) (err error) {
	switch kind {
	case kindCommit:
		if id == r.tip {
			r.root, err = commitTree(content)
		}
		return err
	case kindTree:
		err = r.addTree(id, content)
	case kindBlob:
		err = r.addBlob(id, content)
	}
	r.notACommit = r.notACommit || id == r.tip
	return err
}

// addTree keeps a tree, and notes the symbolic links in it: the texts of those that are sent after it can be kept when
// they come. What is wrong with a tree concerns whoever enters it: most never are.
func (r *received) addTree(id objectID, tree []byte) error {
	for entry, err := range treeEntries(tree) {
		if err == nil && entry.kind == linkEntry {
			r.links[entry.id] = struct{}{}
		}
	}
	if _, known := r.trees[id]; known {
		return nil
	}
	if r.treeBytes += len(tree); r.treeBytes > r.limits.trees {
		if !r.first.have.IsZero() {
			return errPackTooLarge() // the trees of all commits since then
		}
		return unservable("its trees are larger than %d bytes together", r.limits.trees)
	}
	r.trees[id] = r.keep(tree)
	return nil
}

// keep returns a copy of a tree. Trees are small and many: their copies share memory.
func (r *received) keep(tree []byte) []byte {
	if len(tree) > treeRoom/8 { // so that little room is left over where it does not fit
		return bytes.Clone(tree)
	}
	if len(tree) > cap(r.room)-len(r.room) {
		r.room = make([]byte, 0, treeRoom)
	}
	start := len(r.room)
	r.room = append(r.room, tree...)
	return r.room[start:len(r.room):len(r.room)]
}

// treeRoom is how much memory is taken at once for copies of trees.
const treeRoom = 64 << 10

// addBlob keeps what counts of a blob. However many answers an attempt takes, together they may hold no more blobs than
// one pack.
func (r *received) addBlob(id objectID, content []byte) error {
	found := blob{hash: hashing.Of(content)}
	if _, isLink := r.links[id]; isLink {
		found.isText = true
		if len(content) <= maxLinkText {
			found.text = string(content)
			r.textBytes += len(content)
		}
	}
	r.blobs[id] = found
	if len(r.blobs) > r.limits.pack.objects || r.textBytes > r.limits.trees {
		return errPackTooLarge()
	}
	return nil
}

// large implements packVisitor.
func (r *received) large(kind objectKind, id objectID) {
	r.notACommit = r.notACommit || id == r.tip && kind != kindCommit
	switch kind {
	case kindBlob:
		r.blobs[id] = blob{large: true, isText: true}
	case kindTree:
		r.largeTrees[id] = struct{}{}
	}
}

// tree implements objects.
func (r *received) tree(_ context.Context, id objectID) ([]byte, error) {
	if tree, ok := r.trees[id]; ok {
		return tree, nil
	}
	if _, ok := r.largeTrees[id]; ok {
		return nil, treeTooLarge(r.limits.pack.object)
	}
	return nil, errAbsent
}

// treeCount implements objects.
func (r *received) treeCount() int { return len(r.trees) }

// blob implements objects.
func (r *received) blob(id objectID) (blob, bool) {
	found, ok := r.blobs[id]
	return found, ok
}

// areAtHand implements objects.
func (r *received) areAtHand() bool { return false }

// makeKnown implements objects: one request for all the blobs that are wanted.
func (r *received) makeKnown(ctx context.Context, wanted wantedBlobs) error {
	for id := range wanted.links {
		r.links[id] = struct{}{}
	}
	if len(r.links) == 0 && r.first.have.IsZero() {
		// All trees of the commit are read by now, and no symbolic link leads through them again. More may still be sent.
		r.trees, r.treeBytes, r.room = map[objectID][]byte{}, 0, nil
	}
	ids := wanted.ids()
	if len(r.blobs) == 0 {
		r.blobs = make(map[objectID]blob, len(ids))
	}
	err := r.ask(ctx, fetchRequest{wants: ids})
	if wantsWhole(err) && r.cameWhole() && r.sent(wanted) {
		// Links that came before the trees that call them so, from a host that does not hand out single objects.
		err = r.ask(ctx, r.first)
	}
	if err != nil {
		return err
	}
	return r.fetchAlone(ctx, wanted)
}

// fetchAlone asks for each blob by itself that came in a form that could not be made within the limits: alone it comes
// as it is.
func (r *received) fetchAlone(ctx context.Context, wanted wantedBlobs) error {
	alone := 0
	for _, id := range wanted.ids() {
		if r.has(id) {
			continue
		}
		if alone++; r.lost == 0 || alone > maxAlone {
			return errAbsent
		}
		if err := r.ask(ctx, fetchRequest{wants: []objectID{id}}); err != nil {
			return err
		}
		if !r.has(id) {
			return errAbsent
		}
	}
	return nil
}

// cameWhole tells whether the first answer held every file of the tip.
func (r *received) cameWhole() bool {
	return r.first.have.IsZero() && (r.first.filter == "" || !r.session.filters())
}

// sent tells whether all the wanted blobs were sent, though not all that is wanted of them was kept.
func (r *received) sent(wanted wantedBlobs) bool {
	for _, id := range wanted.ids() {
		if _, ok := r.blobs[id]; !ok {
			return false
		}
	}
	return true
}

// maxAlone is how many blobs are asked for one by one.
const maxAlone = 100

// has tells whether a blob is known, with its text if it is a symbolic link.
func (r *received) has(id objectID) bool {
	found, ok := r.blobs[id]
	_, isLink := r.links[id]
	return ok && (!isLink || found.isText)
}

package gitsource

import (
	"context"

	"mooring/gitsource/fault"
	"mooring/gitsource/index"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
	"mooring/gitsource/protocol"
	"mooring/hashing"
)

// addBlob keeps the hash of a blob, and the content of a symbolic link. All answers of an attempt together may have as
// many blobs as one pack.
func (r *received) addBlob(id object.ID, content []byte) error {
	found := index.Blob{Hash: hashing.Of(content)}
	if _, isLink := r.links[id]; isLink {
		found.IsText = true
		if len(content) <= index.MaxLinkText {
			found.Text = string(content)
			r.textBytes += len(content)
		}
	}
	r.blobs[id] = found
	if len(r.blobs) > r.limits.pack.Objects || r.textBytes > r.limits.trees {
		return pack.TooLarge()
	}
	return nil
}

// Blob implements index.Objects.
func (r *received) Blob(id object.ID) (index.Blob, bool) {
	found, ok := r.blobs[id]
	return found, ok
}

// AreLocal implements index.Objects.
func (r *received) AreLocal() bool { return false }

// LoadBlobs implements index.Objects. It takes one request for all wanted blobs.
func (r *received) LoadBlobs(ctx context.Context, wanted index.Wanted) error {
	for _, id := range wanted.Links {
		r.links[id] = struct{}{}
	}
	if len(r.links) == 0 && r.first.Have.IsZero() {
		// Build has read all trees of the commit, and there is no symbolic link to follow through them. So their memory
		// is free for the next answer.
		r.trees = newKeptTrees(0)
	}
	ids := wanted.IDs()
	if len(r.blobs) == 0 {
		r.blobs = make(map[object.ID]index.Blob, len(ids))
	}
	err := r.ask(ctx, protocol.Request{Wants: ids})
	if wantsWhole(err) && r.cameWhole() && r.sent(wanted) {
		// The host does not serve single objects, and it sent the blobs before the trees that name them as symbolic
		// links. Now the links are known, and the same answer gives their targets.
		err = r.ask(ctx, r.first)
	}
	if err != nil {
		return err
	}
	return r.fetchAlone(ctx, wanted)
}

// fetchAlone asks for single blobs: those that came as deltas and could not be made within the limits. A blob that is
// asked for alone does not come as a delta.
func (r *received) fetchAlone(ctx context.Context, wanted index.Wanted) error {
	alone := 0
	for _, id := range wanted.IDs() {
		if r.has(id) {
			continue
		}
		if alone++; r.lost == 0 || alone > maxAlone {
			return fault.ErrAbsent
		}
		if err := r.ask(ctx, protocol.Request{Wants: []object.ID{id}}); err != nil {
			return err
		}
		if !r.has(id) {
			return fault.ErrAbsent
		}
	}
	return nil
}

// cameWhole tells whether the first answer had all files of the tip.
func (r *received) cameWhole() bool {
	return r.first.Have.IsZero() && (r.first.Filter == "" || !r.session.Filters())
}

// sent tells whether all wanted blobs have been received, even if their targets were not kept.
func (r *received) sent(wanted index.Wanted) bool {
	for _, id := range wanted.IDs() {
		if _, ok := r.blobs[id]; !ok {
			return false
		}
	}
	return true
}

// maxAlone is how many blobs are asked for one by one.
const maxAlone = 100

// has tells whether a blob is known, with its target if it is a symbolic link.
func (r *received) has(id object.ID) bool {
	found, ok := r.blobs[id]
	_, isLink := r.links[id]
	return ok && (!isLink || found.IsText)
}

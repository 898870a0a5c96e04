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

// addBlob keeps what counts of a blob. However many answers an attempt takes, together they may hold no more blobs than
// one pack.
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

// Blob implements objects.
func (r *received) Blob(id object.ID) (index.Blob, bool) {
	found, ok := r.blobs[id]
	return found, ok
}

// AreAtHand implements objects.
func (r *received) AreAtHand() bool { return false }

// MakeKnown implements objects: one request for all the blobs that are wanted.
func (r *received) MakeKnown(ctx context.Context, wanted index.Wanted) error {
	for id := range wanted.Links {
		r.links[id] = struct{}{}
	}
	if len(r.links) == 0 && r.first.Have.IsZero() {
		// All trees of the commit are read by now, and no symbolic link leads through them again. More may still be sent.
		r.trees, r.treeBytes, r.copies = map[object.ID][]byte{}, 0, nil
	}
	ids := wanted.IDs()
	if len(r.blobs) == 0 {
		r.blobs = make(map[object.ID]index.Blob, len(ids))
	}
	err := r.ask(ctx, protocol.Request{Wants: ids})
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

// cameWhole tells whether the first answer held every file of the tip.
func (r *received) cameWhole() bool {
	return r.first.Have.IsZero() && (r.first.Filter == "" || !r.session.Filters())
}

// sent tells whether all the wanted blobs were sent, though not all that is wanted of them was kept.
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

// has tells whether a blob is known, with its text if it is a symbolic link.
func (r *received) has(id object.ID) bool {
	found, ok := r.blobs[id]
	_, isLink := r.links[id]
	return ok && (!isLink || found.IsText)
}

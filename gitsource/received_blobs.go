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

// addBlob keeps what is needed of a blob. All answers of an attempt together may hold as many blobs as one pack.
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

// AreAtHand implements index.Objects.
func (r *received) AreAtHand() bool { return false }

// MakeKnown implements index.Objects. It takes one request for all wanted blobs.
func (r *received) MakeKnown(ctx context.Context, wanted index.Wanted) error {
	for id := range wanted.Links {
		r.links[id] = struct{}{}
	}
	if len(r.links) == 0 && r.first.Have.IsZero() {
		// All trees of the commit are read by now, and no symbolic link leads through them again. The next answer may
		// bring more.
		r.trees, r.treeBytes, r.copies = map[object.ID][]byte{}, 0, nil
	}
	ids := wanted.IDs()
	if len(r.blobs) == 0 {
		r.blobs = make(map[object.ID]index.Blob, len(ids))
	}
	err := r.ask(ctx, protocol.Request{Wants: ids})
	if wantsWhole(err) && r.cameWhole() && r.sent(wanted) {
		// The blobs were sent before the trees that call them symbolic links, by a host that does not send single
		// objects.
		err = r.ask(ctx, r.first)
	}
	if err != nil {
		return err
	}
	return r.fetchAlone(ctx, wanted)
}

// fetchAlone asks for blobs one by one that came as deltas which could not be made within the limits. A blob that is
// asked for alone comes whole.
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

// cameWhole tells whether the first answer had every file of the tip.
func (r *received) cameWhole() bool {
	return r.first.Have.IsZero() && (r.first.Filter == "" || !r.session.Filters())
}

// sent tells whether all the wanted blobs were sent, even if not all that is wanted of them was kept.
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

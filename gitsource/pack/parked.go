package pack

import (
	"context"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// waiting holds the parked deltas: by the number of their base if the base has been read and is parked too, and
// otherwise by the id of their base.
type waiting struct {
	byID   map[object.ID][]int32
	byBase map[int32][]int32
}

func (r *Reader) findWaiting() waiting {
	w := waiting{byID: map[object.ID][]int32{}, byBase: map[int32][]int32{}}
	for i, record := range r.records {
		switch {
		case record.state != objectParked:
		case record.base < 0:
			w.byID[record.id] = append(w.byID[record.id], int32(i))
		default:
			w.byBase[record.base] = append(w.byBase[record.base], int32(i))
		}
	}
	return w
}

// take removes and returns the deltas that wait for an object.
func (w waiting) take(object int32, record objectRecord) []int32 {
	deltas := w.byBase[object]
	delete(w.byBase, object)
	if record.hasID() {
		deltas = append(deltas, w.byID[record.id]...)
		delete(w.byID, record.id)
	}
	return deltas
}

// unpark applies the parked deltas. It is called when all objects have been read, and so all bases.
func (r *Reader) unpark(ctx context.Context) error {
	if r.parked == 0 {
		return nil
	}
	w := r.findWaiting()
	var ready []int32
	for i, record := range r.records {
		if record.hasID() && len(w.byID[record.id]) > 0 {
			ready = append(ready, int32(i))
		}
	}
	for len(ready) > 0 {
		base := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		for _, object := range w.take(base, r.records[base]) {
			if err := r.unparkOne(ctx, object, base); err != nil {
				return err
			}
			ready = append(ready, object)
		}
	}
	if r.parked > 0 && r.lost == 0 {
		return fault.Malformed("its pack has a delta whose base is not in it")
	}
	r.lost += r.parked
	return nil
}

func (r *Reader) unparkOne(ctx context.Context, object, base int32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.parked--
	r.records[object].base = base
	if r.records[base].isOutOfReach() {
		r.lose(object)
		return nil
	}
	var found bool
	var err error
	r.instructions, found, err = r.inflateAgain(object, r.instructions)
	if err != nil {
		return err
	}
	if !found {
		r.lose(object)
		return nil
	}
	return r.combine(ctx, object, r.instructions)
}

package pack

import (
	"context"
	"io"
	"slices"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// whole reads an object that is not a delta.
func (r *Reader) whole(ctx context.Context, record objectRecord, size int64) error {
	if size > r.limits.Object {
		r.hasher.Begin(record.kind, size)
		if err := r.stream.Copy(r.in, size, whileOpen(ctx, r.hasher)); err != nil {
			return r.in.explain(err)
		}
		return r.tooLarge(r.add(record))
	}
	content := r.allot(&record, size)
	if err := r.inflateKept(&record, content); err != nil {
		return err
	}
	return r.made(r.add(record), content)
}

// delta reads a delta. It applies the delta at once if the base has been made, and parks it otherwise.
func (r *Reader) delta(ctx context.Context, record objectRecord, size int64) error {
	if size > r.limits.Object || record.base >= 0 && r.records[record.base].isOutOfReach() {
		if err := r.stream.Copy(r.in, size, whileOpen(ctx, io.Discard)); err != nil {
			return r.in.explain(err)
		}
		r.lose(r.add(record))
		return nil
	}
	r.instructions = Resize(r.instructions, int(size))
	if err := r.inflateKept(&record, r.instructions); err != nil {
		return err
	}
	if record.base < 0 || r.records[record.base].state == objectParked {
		record.state = objectParked
		r.parked++
		r.add(record)
		return nil
	}
	return r.combine(ctx, r.add(record), r.instructions)
}

// inflateKept inflates an object and keeps its compressed bytes.
func (r *Reader) inflateKept(record *objectRecord, into []byte) error {
	record.size = int32(len(into))
	kept := r.keptFor(len(into))
	record.kept = kept.size
	r.in.startKeeping(kept.append)
	err := r.inflate.Decode(r.in, into)
	r.in.stopKeeping()
	if err != nil {
		return r.in.explain(err)
	}
	return nil
}

// combine applies a delta to its base, which has been made, and gives the result to the Visitor.
func (r *Reader) combine(ctx context.Context, object int32, instructions []byte) error {
	record := &r.records[object]
	base := r.records[record.base]
	record.kind, record.depth = base.kind, base.depth+1
	if record.depth > MaxChain {
		return fault.Malformed("its pack has deltas more than %d deep", MaxChain)
	}
	content, found, err := r.baseContent(ctx, record.base)
	if err != nil {
		return err
	}
	if !found {
		r.lose(object)
		return nil
	}
	d, err := ParseDelta(instructions)
	if err != nil {
		return err
	}
	if d.ResultSize > r.limits.Object {
		r.hasher.Begin(record.kind, d.ResultSize)
		if err := d.writeTo(content, whileOpen(ctx, r.hasher)); err != nil {
			return err
		}
		return r.tooLarge(object)
	}
	result := r.allot(record, d.ResultSize)
	if err := d.Apply(content, result); err != nil {
		return err
	}
	return r.made(object, result)
}

// add appends the record of an object and returns its number. The pack's claim about the number of objects may be
// false. So add first allots memory for a few thousand records at most, and later for about twice the number of
// records.
func (r *Reader) add(record objectRecord) int32 {
	if have := len(r.records); have == cap(r.records) {
		r.records = slices.Grow(r.records, max(1, min(r.count-have, max(have, 1<<13))))
	}
	r.records = append(r.records, record)
	return int32(len(r.records) - 1)
}

// made computes the id of an object and gives the object to the Visitor.
func (r *Reader) made(object int32, content []byte) error {
	record := &r.records[object]
	id, err := r.hasher.ID(record.kind, content)
	if err != nil {
		return err
	}
	record.id, record.state = id, objectMade
	if r.byID != nil {
		r.byID[id] = object
	}
	return r.visit.Object(record.kind, id, content)
}

// tooLarge gives the id of a large object to the Visitor. The hasher has its content already.
func (r *Reader) tooLarge(object int32) error {
	record := &r.records[object]
	id, err := r.hasher.End()
	if err != nil {
		return err
	}
	record.id, record.state = id, objectTooLarge
	if r.byID != nil {
		r.byID[id] = object
	}
	r.visit.Large(record.kind, id)
	return nil
}

func (r *Reader) lose(object int32) {
	r.records[object].state = objectLost
	r.lost++
}

// allot returns memory for the content of an object: in the ring if the content is small enough, and otherwise a buffer
// that the next large content uses again.
func (r *Reader) allot(object *objectRecord, size int64) (content []byte) {
	if r.bases.Fits(size) {
		content, object.place = r.bases.Allot(int(size))
		return content
	}
	r.content = Resize(r.content, int(size))
	return r.content
}

// Resize returns a slice of that many bytes. It uses the memory of buffer if that is enough.
func Resize(buffer []byte, size int) []byte {
	if cap(buffer) < size {
		return make([]byte, size)
	}
	return buffer[:size]
}

// find returns the number of the object with an id, or -1 if no such object has been read yet.
func (r *Reader) find(id object.ID) int32 {
	if r.byID == nil {
		r.byID = make(map[object.ID]int32, len(r.records))
		for i, record := range r.records {
			if record.hasID() {
				r.byID[record.id] = int32(i)
			}
		}
	}
	if object, ok := r.byID[id]; ok {
		return object
	}
	return -1
}

package pack

import (
	"context"
	"slices"

	"mooring/gitsource/fault"
)

// keptFor returns the store for the compressed bytes of an object that inflates to that size.
func (r *Reader) keptFor(size int) *keptBytes {
	if size > bigObject {
		return &r.big
	}
	return &r.small
}

// inflateAgain inflates the kept bytes of an object. found is false if they are no longer kept.
func (r *Reader) inflateAgain(object int32, into []byte) (content []byte, found bool, err error) {
	record := &r.records[object]
	kept := r.keptFor(int(record.size))
	if !kept.has(record.kept) {
		return nil, false, nil
	}
	content = Resize(into, int(record.size))
	if err := r.inflate.Decode(&keptReader{from: kept, offset: record.kept}, content); err != nil {
		return nil, false, fault.Malformed("its pack is damaged")
	}
	return content, true, nil
}

// baseContent returns the content of an object that was made before. If the ring no longer holds it, it makes the
// content again from the nearest base that the ring holds. The content is valid until the next call. found is false if
// the compressed bytes for that are no longer kept.
func (r *Reader) baseContent(
	ctx context.Context, object int32,
) (content []byte, found bool, err error) {
	if content, ok := r.bases.Get(&r.records[object].place); ok {
		return content, true, nil
	}
	chain := []int32{object}
	for at := r.records[object].base; at >= 0; at = r.records[at].base {
		if content, found = r.bases.Get(&r.records[at].place); found {
			break
		}
		chain = append(chain, at)
	}
	for i, step := range slices.Backward(chain) {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		// There are two buffers: one holds the base, the other gets the result.
		into := &r.remade[i%2]
		if r.records[step].base < 0 {
			content, found, err = r.inflateAgain(step, *into)
		} else {
			content, found, err = r.applyAgain(step, content, *into)
		}
		if err != nil || !found {
			return nil, false, err
		}
		*into = content
	}
	if r.bases.Fits(int64(len(content))) {
		copied := r.allot(&r.records[object], int64(len(content)))
		copy(copied, content)
		content = copied
	}
	return content, true, nil
}

// applyAgain inflates a delta from the kept bytes and applies it to its base.
func (r *Reader) applyAgain(object int32, base, into []byte) (content []byte, found bool, err error) {
	r.deltaAgain, found, err = r.inflateAgain(object, r.deltaAgain)
	if err != nil || !found {
		return nil, false, err
	}
	d, err := ParseDelta(r.deltaAgain)
	if err != nil {
		return nil, false, err
	}
	content = Resize(into, int(d.ResultSize))
	return content, true, d.Apply(base, content)
}

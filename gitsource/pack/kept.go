package pack

import "io"

const keptChunk = 64 << 10

// keptBytes holds compressed bytes of the pack, so that objects can be made again. When the limit is reached, which is
// at least one chunk, a new chunk replaces the oldest one.
type keptBytes struct {
	limit  int64
	chunks [][]byte
	// spare are empty chunks, for use again.
	spare [][]byte
	// gone is how many of the chunks are no longer kept.
	gone int
	size int64
}

func (k *keptBytes) append(data []byte) {
	for len(data) > 0 {
		last := len(k.chunks) - 1
		if last < 0 || len(k.chunks[last]) == keptChunk {
			k.chunks = append(k.chunks, k.emptyChunk())
			last++
		}
		n := min(len(data), keptChunk-len(k.chunks[last]))
		k.chunks[last] = append(k.chunks[last], data[:n]...)
		k.size += int64(n)
		data = data[n:]
	}
}

// clear removes all bytes, and keeps the memory.
func (k *keptBytes) clear() {
	k.spare = append(k.spare, k.chunks[k.gone:]...)
	k.chunks, k.gone, k.size = k.chunks[:0], 0, 0
}

// emptyChunk returns a chunk to write to: the oldest one if the limit is reached, else a spare or a new one.
func (k *keptBytes) emptyChunk() []byte {
	if count := len(k.chunks) - k.gone; count > 0 && int64(count+1)*keptChunk > k.limit {
		oldest := k.chunks[k.gone]
		k.chunks[k.gone] = nil
		k.gone++
		return oldest[:0]
	}
	if last := len(k.spare) - 1; last >= 0 {
		chunk := k.spare[last]
		k.spare = k.spare[:last]
		return chunk[:0]
	}
	return make([]byte, 0, keptChunk)
}

// has tells whether the bytes from an offset on are still kept.
func (k *keptBytes) has(offset int64) bool { return offset >= 0 && offset/keptChunk >= int64(k.gone) }

// keptReader reads kept bytes from an offset on.
type keptReader struct {
	from   *keptBytes
	offset int64
}

// Run implements inflate.Source.
func (r *keptReader) Run() ([]byte, error) {
	if rest := r.rest(); len(rest) > 0 {
		return rest, nil
	}
	return nil, io.EOF
}

// Skip implements inflate.Source.
func (r *keptReader) Skip(n int) { r.offset += int64(n) }

// rest is the current chunk from the offset on.
func (r *keptReader) rest() []byte {
	chunk := int(r.offset / keptChunk)
	if chunk < r.from.gone || chunk >= len(r.from.chunks) {
		return nil
	}
	return r.from.chunks[chunk][r.offset%keptChunk:]
}

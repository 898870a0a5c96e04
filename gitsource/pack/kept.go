package pack

import (
	"io"
)

const keptChunk = 64 << 10

// keptBytes are compressed bytes of a pack that was read, so that an object can be made again. Beyond the limit, which
// is a chunk at least, the oldest are given up.
type keptBytes struct {
	limit  int64
	chunks [][]byte
	// spare are chunks without anything to keep.
	spare [][]byte
	// gone is how many chunks were given up.
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

// clear gives all of it up, and keeps the memory.
func (k *keptBytes) clear() {
	k.spare = append(k.spare, k.chunks[k.gone:]...)
	k.chunks, k.gone, k.size = k.chunks[:0], 0, 0
}

// emptyChunk returns room for more.
func (k *keptBytes) emptyChunk() []byte {
	if held := len(k.chunks) - k.gone; held > 0 && int64(held+1)*keptChunk > k.limit {
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

// has tells whether what was appended at an offset is still there.
func (k *keptBytes) has(offset int64) bool { return offset >= 0 && offset/keptChunk >= int64(k.gone) }

// keptReader reads kept bytes from an offset on.
type keptReader struct {
	from   *keptBytes
	offset int64
}

// Run implements compressed.
func (r *keptReader) Run() ([]byte, error) {
	if rest := r.rest(); len(rest) > 0 {
		return rest, nil
	}
	return nil, io.EOF
}

// Skip implements compressed.
func (r *keptReader) Skip(n int) { r.offset += int64(n) }

// rest is what the current chunk holds from the offset on.
func (r *keptReader) rest() []byte {
	chunk := int(r.offset / keptChunk)
	if chunk < r.from.gone || chunk >= len(r.from.chunks) {
		return nil
	}
	return r.from.chunks[chunk][r.offset%keptChunk:]
}

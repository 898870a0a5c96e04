package tablemaker

import "bytes"

// blocks writes entries in blocks of at most a size in bytes. It returns an entry of an index for each block, and the
// position of the first one.
func (w *writer) blocks(kind byte, entries []entry, size int) (index []entry, first int) {
	first = -1
	for len(entries) > 0 {
		w.pad()
		position, skip := w.buffer.Len(), 4
		if inFirst := kind == 'r' && first < 0; inFirst {
			position, skip = 0, w.buffer.Len()+4
		}
		if first < 0 {
			first = position
		}
		b := block{limit: size, restart: w.Restart, size: skip}
		if b.restart == 0 {
			b.restart = 16
		}
		count := 0
		for count < len(entries) && b.add(entries[count]) {
			count++
			w.blockOf = append(w.blockOf, position)
		}
		if count == 0 {
			panic("a record is larger than a block: " + entries[0].key)
		}
		content := b.finish()
		length := skip + len(content)
		w.buffer.Write([]byte{kind, byte(length >> 16), byte(length >> 8), byte(length)})
		w.buffer.Write(content)
		if w.IsPadded {
			w.padding = (w.BlockSize - length%w.BlockSize) % w.BlockSize
		}
		index = append(index, entry{entries[count-1].key, 0, varint(uint64(position))})
		entries = entries[count:]
	}
	return index, first
}

// pad writes the padding that is due.
func (w *writer) pad() {
	w.buffer.Write(make([]byte, w.padding))
	w.padding = 0
}

// block is a block that is being filled.
type block struct {
	content  bytes.Buffer
	restarts []int
	last     string
	count    int
	restart  int
	// size counts the bytes so far, without the table of restarts; limit is the most with it.
	size, limit int
}

// add adds an entry, unless there is no room for it.
func (b *block) add(e entry) bool {
	prefix, restarts := 0, len(b.restarts)
	if b.count%b.restart == 0 {
		restarts++
	} else {
		for prefix < min(len(b.last), len(e.key)) && b.last[prefix] == e.key[prefix] {
			prefix++
		}
	}
	encoded := append(varint(uint64(prefix)), varint(uint64(len(e.key)-prefix)<<3|uint64(e.extra))...)
	encoded = append(append(encoded, e.key[prefix:]...), e.value...)
	if b.size+len(encoded)+3*restarts+2 > b.limit || restarts > 1<<16-1 {
		return false
	}
	if restarts > len(b.restarts) {
		b.restarts = append(b.restarts, b.size)
	}
	b.content.Write(encoded)
	b.size += len(encoded)
	b.last, b.count = e.key, b.count+1
	return true
}

// finish returns the records and the table of restarts.
func (b *block) finish() []byte {
	for _, offset := range b.restarts {
		b.content.Write([]byte{byte(offset >> 16), byte(offset >> 8), byte(offset)})
	}
	b.content.Write([]byte{byte(len(b.restarts) >> 8), byte(len(b.restarts))})
	return b.content.Bytes()
}

// varint writes a number as packs write distances.
func varint(number uint64) []byte {
	encoded := []byte{byte(number & 0x7f)}
	for number >>= 7; number > 0; number >>= 7 {
		number--
		encoded = append([]byte{byte(number&0x7f) | 0x80}, encoded...)
	}
	return encoded
}

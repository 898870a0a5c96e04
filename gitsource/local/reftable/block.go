package reftable

import (
	"sort"
)

// The types of blocks.
const (
	blockRefs    = 'r'
	blockIndex   = 'i'
	blockObjects = 'o'
	blockLogs    = 'g'
)

// block is a block of refs or of an index (reftable, "Ref block format", "Ref index"). Of a block of another type only
// kind is set.
type block struct {
	kind byte
	// data begins where the block does, with the file's header in the first one, and ends after the last record.
	data []byte
	// first is where the first record begins in data.
	first int
	// restarts are the offsets in data of records with whole names, in three bytes each.
	restarts []byte
	idSize   int
	// next is where in the file the next block begins.
	next int64
}

const (
	// blockHeader is the size of a block's header: its type and its length.
	blockHeader = 4
	// restartSize is the size of an offset in the table of restarts.
	restartSize = 3
	// restartCount is the size of the number at the end of a block.
	restartCount = 2
)

// trim finds the table of restarts at the end of a block, and takes it off the data.
func (b *block) trim() error {
	end := len(b.data) - restartCount
	if end < b.first {
		return errDamaged()
	}
	count := int(b.data[end])<<8 | int(b.data[end+1])
	start := end - count*restartSize
	if count == 0 || start < b.first {
		return errDamaged()
	}
	b.data, b.restarts = b.data[:start], b.data[start:end]
	return nil
}

// from reads the records from an offset on, at which a whole name must stand.
func (b *block) from(offset int) records {
	return records{rest: b.data[offset:], idSize: b.idSize, isIndex: b.kind == blockIndex, isFirst: true}
}

// seek returns the first record whose name is not less than the wanted one. ok is false if all names are less. It halves
// the range of restarts, and reads on from the last one whose name is not greater.
func (b *block) seek(name string) (found record, ok bool, err error) {
	greater := sort.Search(len(b.restarts)/restartSize, func(i int) bool {
		offset := uint24(b.restarts[i*restartSize:])
		if offset < b.first || offset >= len(b.data) {
			err = errDamaged()
			return true
		}
		at := b.from(offset)
		if _, failed := at.next(); failed != nil {
			err = failed
		}
		return string(at.current.name) > name
	})
	if err != nil {
		return record{}, false, err
	}
	start := b.first
	if greater > 0 {
		start = uint24(b.restarts[(greater-1)*restartSize:])
	}
	all := b.from(start)
	for {
		ok, err := all.next()
		if err != nil || !ok || string(all.current.name) >= name {
			return all.current, ok, err
		}
	}
}

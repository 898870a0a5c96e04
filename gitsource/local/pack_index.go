package local

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// packIndex is the index of a pack, of version 1 or 2 (gitformat-pack, "Original (version 1) pack-*.idx files" and
// "Version 2 pack-*.idx files"). A large one is not in memory, except for its fan-out table.
type packIndex struct {
	data    io.ReaderAt
	format  object.Format
	size    int64
	version int
	// fanout[b] is how many ids begin with a byte up to b.
	fanout [256]uint32
	// rows is where the sorted rows with the ids begin. A row has rowSize bytes, and its id begins at idAt.
	rows, rowSize, idAt int64
	// block is used for each search again.
	block []byte
}

const (
	// packIndexHeader is the size of the header of an index of version 2; version 1 has none.
	packIndexHeader = 8
	// packIndexFanout is the size of the fan-out table.
	packIndexFanout = 256 * 4
)

// openPackIndex opens an index. It reads it into memory if it has at most inMemory bytes.
func openPackIndex(file *packedFile, format object.Format, inMemory int64) (packIndex, error) {
	size, err := file.size()
	if err != nil {
		return packIndex{}, err
	}
	p := packIndex{data: file, format: format, size: size}
	if size <= inMemory {
		content := make([]byte, size)
		if _, err := file.ReadAt(content, 0); err != nil {
			return packIndex{}, indexUnlessIO(err)
		}
		p.data = bytes.NewReader(content)
	}
	return p, p.readFanout()
}

// readFanout reads the header and the fan-out table, and checks that the index has the size that these imply.
func (p *packIndex) readFanout() error {
	idSize := int64(p.format.Size())
	table := make([]byte, packIndexHeader+packIndexFanout)
	if _, err := p.data.ReadAt(table, 0); err != nil {
		return indexUnlessIO(err)
	}
	if bytes.HasPrefix(table, []byte("\xfftOc")) {
		p.version, p.rows, p.rowSize = int(binary.BigEndian.Uint32(table[4:])), packIndexHeader+packIndexFanout, idSize
		table = table[packIndexHeader:]
		if p.version != 2 {
			return fault.Malformed("a pack's index is of version %d; git repack -a -d writes it anew", p.version)
		}
	} else {
		p.version, p.rows, p.rowSize, p.idAt = 1, packIndexFanout, 4+idSize, 4
	}
	for i := range p.fanout {
		p.fanout[i] = binary.BigEndian.Uint32(table[4*i:])
		if i > 0 && p.fanout[i] < p.fanout[i-1] {
			return errDamagedIndex()
		}
	}
	least := p.rows + p.count()*p.rowSize + 2*idSize // two checksums are at the end
	most := least
	if p.version == 2 {
		least += p.count() * (4 + 4)
		most = least + p.count()*8
	}
	if p.size < least || p.size > most {
		return errDamagedIndex()
	}
	return nil
}

func (p *packIndex) count() int64 { return int64(p.fanout[255]) }

// find returns the offset of an object in the pack.
func (p *packIndex) find(id object.ID) (offset int64, found bool, err error) {
	low, high := int64(0), int64(p.fanout[id[0]])
	if id[0] > 0 {
		low = int64(p.fanout[id[0]-1])
	}
	place, found, err := p.search(id[:p.format.Size()], low, high)
	if err != nil || !found {
		return 0, false, err
	}
	offset, err = p.offset(place)
	return offset, err == nil, err
}

// searchBlock is how many ids are read at once.
const searchBlock = 64

// search finds an id among the sorted ids with the numbers from low to high. Ids are evenly spread, so it first guesses
// the place from the id's value. After four wrong guesses it halves the range each time.
func (p *packIndex) search(id []byte, low, high int64) (place int64, found bool, err error) {
	from, to := uint64(id[0])<<56, uint64(id[0])<<56|1<<56-1
	for guesses := 0; low < high; guesses++ {
		middle := low + (high-low)/2
		if guesses < 4 {
			share := float64(binary.BigEndian.Uint64(id)-from) / (float64(to-from) + 1)
			middle = low + int64(share*float64(high-low))
		}
		start := max(low, min(middle-searchBlock/2, high-searchBlock))
		end := min(start+searchBlock, high)
		p.block = slices.Grow(p.block[:0], int(searchBlock*p.rowSize))
		block := p.block[:(end-start)*p.rowSize]
		if _, err := p.data.ReadAt(block, p.rows+start*p.rowSize); err != nil {
			return 0, false, indexUnlessIO(err)
		}
		first, last := p.id(block, 0), p.id(block, end-start-1)
		switch {
		case bytes.Compare(id, first) < 0:
			high, to = start, binary.BigEndian.Uint64(first)
		case bytes.Compare(id, last) > 0:
			low, from = end, binary.BigEndian.Uint64(last)
		default:
			at, found := p.searchRows(block, id)
			return start + at, found, nil
		}
	}
	return 0, false, nil
}

// id returns the id in a row of a block.
func (p *packIndex) id(block []byte, row int64) []byte {
	return block[row*p.rowSize+p.idAt:][:p.format.Size()]
}

// searchRows finds an id among sorted rows.
func (p *packIndex) searchRows(block, id []byte) (place int64, found bool) {
	low, high := int64(0), int64(len(block))/p.rowSize
	for low < high {
		middle := (low + high) / 2
		switch order := bytes.Compare(id, p.id(block, middle)); {
		case order == 0:
			return middle, true
		case order < 0:
			high = middle
		default:
			low = middle + 1
		}
	}
	return 0, false
}

// offset reads the offset in the pack of the object with a number. In version 1 it stands before the id. In version 2
// the index has checksums and offsets after the ids, of four bytes each. There an offset with its highest bit set is a
// number in a further table, of offsets of eight bytes.
func (p *packIndex) offset(place int64) (int64, error) {
	p.block = slices.Grow(p.block[:0], 8)
	buffer := p.block[:8]
	at := p.rows + place*p.rowSize
	if p.version == 2 {
		at = p.rows + p.count()*(p.rowSize+4) + place*4
	}
	if _, err := p.data.ReadAt(buffer[:4], at); err != nil {
		return 0, indexUnlessIO(err)
	}
	small := binary.BigEndian.Uint32(buffer[:4])
	if p.version == 1 || small < 1<<31 {
		return int64(small), nil
	}
	at = p.rows + p.count()*(p.rowSize+8) + int64(small&^(1<<31))*8
	if _, err := p.data.ReadAt(buffer, at); err != nil {
		return 0, indexUnlessIO(err)
	}
	return int64(binary.BigEndian.Uint64(buffer) &^ (1 << 63)), nil
}

func errDamagedIndex() error { return fault.Malformed("a pack's index is cut short or damaged") }

// indexUnlessIO returns the error of a damaged index, or err itself if the file could not be read.
func indexUnlessIO(err error) error {
	if fault.IsCutShort(err) {
		return errDamagedIndex()
	}
	return err
}

package local

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// packFile is a pack of a repository on this machine (gitformat-pack). Only the fan-out table of its index is in
// memory, because a pack may have any size. It belongs to one store.
type packFile struct {
	// path is the path of both files, without their extensions.
	path  string
	index *os.File
	// fanout[b] is how many ids begin with a byte up to b.
	fanout [256]uint32
	// pack is opened when it is first read.
	pack     *os.File
	packSize int64
	buffer   *bufio.Reader
}

const (
	// packIndexHeader is the size of the header of a pack's index, packIndexIDs is where the ids begin.
	packIndexHeader = 8
	packIndexIDs    = packIndexHeader + 256*4
)

// openPackFile opens the index of a pack.
func openPackFile(indexPath string) (*packFile, error) {
	file, err := os.Open(indexPath)
	if err != nil {
		return nil, err
	}
	p := &packFile{path: strings.TrimSuffix(indexPath, ".idx"), index: file}
	if err := p.readFanout(); err != nil {
		file.Close()
		return nil, err
	}
	return p, nil
}

func (p *packFile) readFanout() error {
	table := make([]byte, packIndexIDs)
	if _, err := io.ReadFull(p.index, table); err != nil {
		return fault.Malformed("a pack's index is cut short")
	}
	if !bytes.Equal(table[:packIndexHeader], []byte("\xfftOc\x00\x00\x00\x02")) {
		return fault.Malformed("a pack's index is not of version 2; git repack -a -d writes it anew")
	}
	for i := range p.fanout {
		p.fanout[i] = binary.BigEndian.Uint32(table[packIndexHeader+4*i:])
		if i > 0 && p.fanout[i] < p.fanout[i-1] {
			return fault.Malformed("a pack's index is damaged")
		}
	}
	return nil
}

func (p *packFile) count() int64 { return int64(p.fanout[255]) }

func (p *packFile) close() {
	p.index.Close()
	if p.pack != nil {
		p.pack.Close()
	}
}

// find returns the offset of an object in the pack.
func (p *packFile) find(id object.ID) (offset int64, found bool, err error) {
	low, high := int64(0), int64(p.fanout[id[0]])
	if id[0] > 0 {
		low = int64(p.fanout[id[0]-1])
	}
	place, found, err := p.search(id, low, high)
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
func (p *packFile) search(id object.ID, low, high int64) (place int64, found bool, err error) {
	block := make([]byte, 0, searchBlock*object.IDSize)
	from, to := uint64(id[0])<<56, uint64(id[0])<<56|1<<56-1
	for guesses := 0; low < high; guesses++ {
		middle := low + (high-low)/2
		if guesses < 4 {
			share := float64(binary.BigEndian.Uint64(id[:])-from) / (float64(to-from) + 1)
			middle = low + int64(share*float64(high-low))
		}
		start := max(low, min(middle-searchBlock/2, high-searchBlock))
		end := min(start+searchBlock, high)
		block = block[:(end-start)*int64(object.IDSize)]
		if _, err := p.index.ReadAt(block, packIndexIDs+start*int64(object.IDSize)); err != nil {
			return 0, false, fmt.Errorf("read a pack's index: %w", err)
		}
		first, last := block[:object.IDSize], block[len(block)-object.IDSize:]
		switch {
		case bytes.Compare(id[:], first) < 0:
			high, to = start, binary.BigEndian.Uint64(first)
		case bytes.Compare(id[:], last) > 0:
			low, from = end, binary.BigEndian.Uint64(last)
		default:
			at, found := searchIDs(block, id)
			return start + at, found, nil
		}
	}
	return 0, false, nil
}

// searchIDs finds an id among sorted ones.
func searchIDs(ids []byte, id object.ID) (place int64, found bool) {
	low, high := 0, len(ids)/object.IDSize
	for low < high {
		middle := (low + high) / 2
		switch order := bytes.Compare(id[:], ids[middle*object.IDSize:(middle+1)*object.IDSize]); {
		case order == 0:
			return int64(middle), true
		case order < 0:
			high = middle
		default:
			low = middle + 1
		}
	}
	return 0, false
}

// offset reads the offset in the pack of the object with a number. After the ids the index has checksums and offsets,
// of four bytes each. An offset with its highest bit set is a number in a further table, of offsets of eight bytes
// (gitformat-pack, "Version 2 pack-*.idx files").
func (p *packFile) offset(place int64) (int64, error) {
	var buffer [8]byte
	offsets := packIndexIDs + p.count()*(int64(object.IDSize)+4)
	if _, err := p.index.ReadAt(buffer[:4], offsets+place*4); err != nil {
		return 0, fmt.Errorf("read a pack's index: %w", err)
	}
	small := binary.BigEndian.Uint32(buffer[:4])
	if small < 1<<31 {
		return int64(small), nil
	}
	if _, err := p.index.ReadAt(buffer[:], offsets+p.count()*4+int64(small&^(1<<31))*8); err != nil {
		return 0, fmt.Errorf("read a pack's index: %w", err)
	}
	return int64(binary.BigEndian.Uint64(buffer[:]) &^ (1 << 63)), nil
}

// open opens the pack file, if it is not open.
func (p *packFile) open() error {
	if p.pack != nil {
		return nil
	}
	file, err := os.Open(p.path + ".pack")
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	p.pack, p.packSize, p.buffer = file, info.Size(), bufio.NewReader(nil)
	return nil
}

// at returns the bytes of the pack from an offset on. They may be read until the next call.
func (p *packFile) at(offset int64) (*bufio.Reader, error) {
	if err := p.open(); err != nil {
		return nil, err
	}
	if offset < packHeader || offset >= p.packSize {
		return nil, errDamagedPack()
	}
	p.buffer.Reset(io.NewSectionReader(p.pack, offset, p.packSize-offset))
	return p.buffer, nil
}

// packHeader is the size of a pack's header.
const packHeader = 12

func errDamagedPack() error { return fault.Malformed("a pack of the repository is damaged") }

// damagedUnlessIO returns the error of a damaged pack, or err itself if the file could not be read.
func damagedUnlessIO(err error) error {
	var failed *os.PathError
	if err == nil || errors.As(err, &failed) {
		return err
	}
	return errDamagedPack()
}

// bufferedRuns is an inflate.Source: a run is the unread part of the buffer.
type bufferedRuns struct{ *bufio.Reader }

// Run implements inflate.Source.
func (b bufferedRuns) Run() ([]byte, error) {
	if _, err := b.Peek(1); err != nil {
		return nil, err
	}
	return b.Peek(b.Buffered())
}

// Skip implements inflate.Source.
func (b bufferedRuns) Skip(n int) { _, _ = b.Discard(n) } // n bytes are in the buffer, so this cannot fail

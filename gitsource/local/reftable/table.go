package reftable

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"mooring/gitsource/fault"
)

// table is one file of refs (reftable, "File format"). It reads a header, a footer and few blocks for each search.
type table struct {
	file io.ReaderAt
	// blocks is where the blocks begin, after the header; end is where they end, before the footer.
	blocks, end int64
	// blockSize is what the blocks are padded to. It is zero if there is no padding.
	blockSize int64
	// refIndex is where the index of the refs begins; zero if there is none.
	refIndex int64
	idSize   int
	hasRefs  bool
}

const (
	// headerV1 and headerV2 are the sizes of the header. Version 2 adds the name of the hash.
	headerV1, headerV2 = 24, 28
	// footerRest is the size of what the footer has after a copy of the header: five positions and a checksum.
	footerRest = 5*8 + 4
	// unaligned is how many bytes of a block are read at first if the file does not tell the size of its blocks.
	unaligned = 4 << 10
)

// newTable reads the header and the footer of a file with a size in bytes. The repository's ids must have idSize bytes.
func newTable(file io.ReaderAt, size int64, idSize int) (*table, error) {
	start := make([]byte, headerV2+1)
	if size < headerV1+headerV1+footerRest {
		return nil, errDamaged()
	}
	if _, err := file.ReadAt(start, 0); err != nil {
		return nil, damagedIfShort(err)
	}
	header, ids := headerV1, sizeOfSHA1
	switch version := start[4]; {
	case string(start[:4]) != "REFT":
		return nil, errDamaged()
	case version == 2 && string(start[headerV1:headerV2]) == "s256":
		header, ids = headerV2, sizeOfSHA256
	case version == 2 && string(start[headerV1:headerV2]) == "sha1":
		header = headerV2
	case version != 1:
		return nil, fault.Malformed("a reftable is of version %d, or has a hash that is not known", version)
	}
	if ids != idSize {
		return nil, fault.Malformed("a reftable has ids of another format than the repository")
	}
	footer := make([]byte, header+footerRest)
	end := size - int64(len(footer))
	if end < int64(header) {
		return nil, errDamaged()
	}
	if _, err := file.ReadAt(footer, end); err != nil {
		return nil, damagedIfShort(err)
	}
	checked := footer[:len(footer)-4]
	if !bytes.Equal(footer[:header], start[:header]) ||
		binary.BigEndian.Uint32(footer[len(checked):]) != crc32.ChecksumIEEE(checked) {
		return nil, errDamaged()
	}
	t := &table{
		file: file, blocks: int64(header), end: end, blockSize: int64(uint24(start[5:])),
		refIndex: int64(binary.BigEndian.Uint64(footer[header:])), idSize: idSize,
	}
	if end > t.blocks {
		t.hasRefs = start[header] == blockRefs
		if !t.hasRefs && start[header] != blockLogs {
			return nil, errDamaged()
		}
	}
	return t, nil
}

// The sizes of ids in bytes.
const sizeOfSHA1, sizeOfSHA256 = 20, 32

// block reads the block that begins at a position. The first one begins with the file's header.
func (t *table) block(position int64) (block, error) {
	b := block{idSize: t.idSize, first: blockHeader}
	if position == 0 {
		b.first += int(t.blocks)
	} else if position < t.blocks {
		return block{}, errDamaged()
	}
	left := t.end - position
	if left < int64(b.first) {
		return block{}, errDamaged()
	}
	size := t.blockSize
	if size == 0 {
		size = unaligned
	}
	read := make([]byte, min(left, max(size, int64(b.first))))
	if _, err := t.file.ReadAt(read, position); err != nil {
		return block{}, damagedIfShort(err)
	}
	if b.kind = read[b.first-blockHeader]; b.kind != blockRefs && b.kind != blockIndex {
		return b, nil
	}
	length := int64(uint24(read[b.first-blockHeader+1:]))
	if length > left {
		return block{}, errDamaged()
	}
	needed := length
	if t.blockSize > 0 && length%t.blockSize > 0 && length < left {
		needed++ // padding is zeros; no block begins with one
	}
	if more := needed - int64(len(read)); more > 0 {
		have := len(read)
		read = append(read, make([]byte, more)...)
		if _, err := t.file.ReadAt(read[have:], position+int64(have)); err != nil {
			return block{}, damagedIfShort(err)
		}
	}
	b.next = position + length
	if isPadded := needed > length && read[length] == 0; isPadded {
		b.next = position + (length+t.blockSize-1)/t.blockSize*t.blockSize
	}
	b.data = read[:length]
	return b, b.trim()
}

// damagedIfShort returns the error of a damaged table where a file ends too early, and else err itself.
func damagedIfShort(err error) error {
	if fault.IsCutShort(err) {
		return errDamaged()
	}
	return err
}

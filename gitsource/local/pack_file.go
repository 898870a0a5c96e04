package local

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// packFile is a pack of a repository on this machine (gitformat-pack). It belongs to one store.
type packFile struct {
	index packIndex
	pack  *packedFile
	// size is the size of the pack; zero before it is first read.
	size   int64
	buffer *bufio.Reader
}

// openPackFile opens the index of a pack. The index is kept in memory if it has at most inMemory bytes.
func openPackFile(indexPath string, files *openFiles, format object.Format, inMemory int64) (*packFile, error) {
	index, err := openPackIndex(&packedFile{path: indexPath, all: files}, format, inMemory)
	if err != nil {
		return nil, err
	}
	pack := &packedFile{path: strings.TrimSuffix(indexPath, ".idx") + ".pack", all: files}
	return &packFile{index: index, pack: pack, buffer: bufio.NewReader(nil)}, nil
}

// open opens the pack file. When it is first opened, it checks that the file is whole enough to belong to its index:
// the header has the number of objects (gitformat-pack, "pack-*.pack files have the following format").
func (p *packFile) open() error {
	if err := p.pack.open(); err != nil || p.size > 0 {
		return err
	}
	header := make([]byte, packHeader)
	if _, err := p.pack.ReadAt(header, 0); err != nil {
		return damagedUnlessIO(err)
	}
	version, count := binary.BigEndian.Uint32(header[4:]), binary.BigEndian.Uint32(header[8:])
	if string(header[:4]) != "PACK" || version < 2 || version > 3 || int64(count) != p.index.count() {
		return errDamagedPack()
	}
	size, err := p.pack.size()
	p.size = size
	return err
}

// at returns the bytes of the pack from an offset on. They may be read until the next call.
func (p *packFile) at(offset int64) (*bufio.Reader, error) {
	if err := p.open(); err != nil {
		return nil, err
	}
	if offset < packHeader || offset >= p.size {
		return nil, errDamagedPack()
	}
	p.buffer.Reset(io.NewSectionReader(p.pack, offset, p.size-offset))
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

package local

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"

	"mooring/gitsource/fault"
)

// packFile is a pack of a repository on this machine (gitformat-pack). It belongs to one store.
type packFile struct {
	// path is the path of both files, without their extensions.
	path  string
	index packIndex
	// pack is opened when it is first read.
	pack     *os.File
	packSize int64
	buffer   *bufio.Reader
}

// openPackFile opens the index of a pack.
func openPackFile(indexPath string) (*packFile, error) {
	index, err := openPackIndex(indexPath)
	if err != nil {
		return nil, err
	}
	return &packFile{path: strings.TrimSuffix(indexPath, ".idx"), index: index}, nil
}

func (p *packFile) close() {
	p.index.file.Close()
	if p.pack != nil {
		p.pack.Close()
	}
}

// open opens the pack file, if it is not open, and checks that it is whole enough to belong to its index.
func (p *packFile) open() error {
	if p.pack != nil {
		return nil
	}
	file, err := os.Open(p.path + ".pack")
	if err != nil {
		return err
	}
	size, err := p.checkHeader(file)
	if err != nil {
		file.Close()
		return err
	}
	p.pack, p.packSize, p.buffer = file, size, bufio.NewReader(nil)
	return nil
}

// checkHeader returns the size of the pack. Its header has as many objects as the index (gitformat-pack, "pack-*.pack
// files have the following format").
func (p *packFile) checkHeader(file *os.File) (size int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	header := make([]byte, packHeader)
	if _, err := file.ReadAt(header, 0); err != nil {
		return 0, damagedUnlessIO(err)
	}
	version, count := binary.BigEndian.Uint32(header[4:]), binary.BigEndian.Uint32(header[8:])
	if string(header[:4]) != "PACK" || version < 2 || version > 3 || int64(count) != p.index.count() {
		return 0, errDamagedPack()
	}
	return info.Size(), nil
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

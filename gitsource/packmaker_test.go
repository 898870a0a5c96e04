package gitsource

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io"
)

// packMaker writes packs as no git program would: any order, any base, wrong sizes.
type packMaker struct {
	body    bytes.Buffer
	offsets []int64
	zlib    *zlib.Writer
}

// testLimits are wide, save that large objects are smaller than in earnest.
func testLimits() packLimits { return packLimits{bytes: 1 << 30, objects: 1 << 20, object: 512 << 10} }

// whole adds an object that is no delta.
func (m *packMaker) whole(kind objectKind, content []byte) {
	m.begin(kind, int64(len(content)))
	m.deflate(content)
}

// offsetDelta adds a delta to an object that was added before.
func (m *packMaker) offsetDelta(base int, delta []byte) {
	distance := int64(m.body.Len()) - m.offsets[base]
	m.begin(kindOffsetDelta, int64(len(delta)))
	encoded := []byte{byte(distance & 0x7f)}
	for distance >>= 7; distance > 0; distance >>= 7 {
		distance--
		encoded = append([]byte{byte(distance&0x7f) | 0x80}, encoded...)
	}
	m.body.Write(encoded)
	m.deflate(delta)
}

// idDelta adds a delta to the object of an id.
func (m *packMaker) idDelta(base objectID, delta []byte) {
	m.begin(kindIDDelta, int64(len(delta)))
	m.body.Write(base[:])
	m.deflate(delta)
}

// begin writes an object's header.
func (m *packMaker) begin(kind objectKind, size int64) {
	m.offsets = append(m.offsets, int64(m.body.Len()))
	b := byte(kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		m.body.WriteByte(b | 0x80)
		b = byte(size & 0x7f)
	}
	m.body.WriteByte(b)
}

func (m *packMaker) deflate(data []byte) {
	if m.zlib == nil {
		m.zlib = zlib.NewWriter(&m.body)
	}
	m.zlib.Reset(&m.body)
	_, _ = m.zlib.Write(data)
	m.zlib.Close()
}

// pack returns the pack, with header and checksum.
func (m *packMaker) pack() []byte {
	return sealPack(m.body.Bytes(), len(m.offsets))
}

// sealPack puts a header and a checksum around the bytes of objects.
func sealPack(body []byte, count int) []byte {
	pack := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(count))
	pack = append(pack, body...)
	sum := sha1.Sum(pack)
	return append(pack, sum[:]...)
}

// makeDelta makes a delta that keeps the first bytes of a base and appends others.
func makeDelta(base []byte, keep int, appended string) []byte {
	delta := binary.AppendUvarint(nil, uint64(len(base)))
	delta = binary.AppendUvarint(delta, uint64(keep+len(appended)))
	for at := 0; at < keep; {
		size := min(keep-at, 0xffffff)
		delta = binary.LittleEndian.AppendUint32(append(delta, 0xff), uint32(at))
		delta = append(delta, byte(size), byte(size>>8), byte(size>>16))
		at += size
	}
	for len(appended) > 0 {
		size := min(len(appended), 127)
		delta = append(append(delta, byte(size)), appended[:size]...)
		appended = appended[size:]
	}
	return delta
}

// plainID computes an object's id without the code under test.
func plainID(kind objectKind, content []byte) objectID {
	return sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", kind, len(content)), content...))
}

// readPack reads one pack with a reader of its own.
func readPack(ctx context.Context, pack io.Reader, limits packLimits, visit packVisitor) (lost int, err error) {
	return newPackReader(limits, visit).read(ctx, pack)
}

// collector is a packVisitor that remembers all.
type collector struct {
	objects map[objectID]string
	kinds   map[objectID]objectKind
	tooBig  map[objectID]objectKind
	visits  int
}

func newCollector() *collector {
	return &collector{
		objects: map[objectID]string{},
		kinds:   map[objectID]objectKind{},
		tooBig:  map[objectID]objectKind{},
	}
}

func (c *collector) object(kind objectKind, id objectID, content []byte) error {
	c.visits++
	c.objects[id], c.kinds[id] = string(content), kind
	return nil
}

func (*collector) expect(int) {}

func (c *collector) large(kind objectKind, id objectID) { c.tooBig[id] = kind }

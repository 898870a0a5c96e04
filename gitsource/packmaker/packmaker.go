package packmaker

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"mooring/gitsource/object"
)

// The types of deltas (gitformat-pack, "Object types").
const (
	ofsDelta object.Kind = 6
	refDelta object.Kind = 7
)

// Maker writes packs that no git program writes: in any order, with any base, with wrong sizes. The zero value is an
// empty pack.
type Maker struct {
	// Format is that of the ids and the checksum.
	Format object.Format
	// Body is the part between the pack's header and its checksum.
	Body bytes.Buffer
	// Offsets are the starts of the objects in Body.
	Offsets []int64
	zlib    *zlib.Writer
}

// Whole adds an object that is not a delta.
func (m *Maker) Whole(kind object.Kind, content []byte) {
	m.Begin(kind, int64(len(content)))
	m.Deflate(content)
}

// OffsetDelta adds a delta that names its base by the distance; base is the number of an object that was added before.
func (m *Maker) OffsetDelta(base int, delta []byte) {
	distance := int64(m.Body.Len()) - m.Offsets[base]
	m.Begin(ofsDelta, int64(len(delta)))
	encoded := []byte{byte(distance & 0x7f)}
	for distance >>= 7; distance > 0; distance >>= 7 {
		distance--
		encoded = append([]byte{byte(distance&0x7f) | 0x80}, encoded...)
	}
	m.Body.Write(encoded)
	m.Deflate(delta)
}

// IDDelta adds a delta that names its base by its id.
func (m *Maker) IDDelta(base object.ID, delta []byte) {
	m.Begin(refDelta, int64(len(delta)))
	m.Body.Write(base[:m.Format.Size()])
	m.Deflate(delta)
}

// Begin writes an object's header: its type and the size that it claims to have.
func (m *Maker) Begin(kind object.Kind, size int64) {
	m.Offsets = append(m.Offsets, int64(m.Body.Len()))
	b := byte(kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		m.Body.WriteByte(b | 0x80)
		b = byte(size & 0x7f)
	}
	m.Body.WriteByte(b)
}

// Deflate adds the compressed form of data.
func (m *Maker) Deflate(data []byte) {
	if m.zlib == nil {
		m.zlib = zlib.NewWriter(&m.Body)
	}
	m.zlib.Reset(&m.Body)
	_, _ = m.zlib.Write(data)
	m.zlib.Close()
}

// Pack returns the whole pack, with header and checksum.
func (m *Maker) Pack() []byte {
	return Seal(m.Format, m.Body.Bytes(), len(m.Offsets))
}

// Seal puts a header and a checksum around the bytes of objects.
func Seal(format object.Format, body []byte, count int) []byte {
	pack := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(count))
	pack = append(pack, body...)
	return append(pack, sum(format, pack)...)
}

// Delta makes a delta that keeps the first bytes of a base and appends others.
func Delta(base []byte, keep int, appended string) []byte {
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

// ID computes an object's id without the code under test.
func ID(format object.Format, kind object.Kind, content []byte) (id object.ID) {
	copy(id[:], sum(format, append(fmt.Appendf(nil, "%s %d\x00", kind, len(content)), content...)))
	return id
}

func sum(format object.Format, data []byte) []byte {
	if format == object.SHA256 {
		sum := sha256.Sum256(data)
		return sum[:]
	}
	sum := sha1.Sum(data)
	return sum[:]
}

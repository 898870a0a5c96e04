package pack

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"mooring/gitsource/fault"
	"mooring/gitsource/inflate"
	"mooring/gitsource/object"
)

// Visitor takes the objects of a pack. They come in an order in which they can be made: a delta after its base.
type Visitor interface {
	// Object takes one object and its id. The content is valid until the call returns. An error ends the reading.
	Object(kind object.Kind, id object.ID, content []byte) error
	// Large takes the type and the id of an object that is larger than Limits.Object. Its content was hashed and thrown
	// away.
	Large(kind object.Kind, id object.ID)
	// Expect is called first, with the number of objects that the pack claims to have.
	Expect(objects int)
}

// Limits bound a pack. A larger pack is an error, and the Reader takes no more memory and bytes for it than they allow.
type Limits struct {
	// Bytes is how many bytes the pack may have.
	Bytes int64
	// Objects is how many objects it may have.
	Objects int
	// Object is the size in bytes of the largest object that the Visitor gets with its content. Larger objects are no
	// error.
	Object int64
}

const (
	// MaxChain is the longest chain of deltas, each the base of the next. Git makes no longer ones (git-pack-objects,
	// --depth).
	MaxChain = 4095
	// maxKept is how many compressed bytes of objects up to bigObject are kept, and maxKeptBig how many of bigger
	// objects, which take much memory and are rarely the base of a delta.
	maxKept    = 128 << 20
	maxKeptBig = 4 << 20
	bigObject  = 1 << 20
	// MaxArenas is how many arenas a Ring has here and for packs on a disk: 16 MiB in all.
	MaxArenas = 64
)

// TooLarge is the error of a pack that is larger than its limits.
func TooLarge() error { return fault.Malformed("its pack is larger than may be read") }

// Reader reads packs of one object.Format (gitformat-pack, version 2), one after another and each in one pass. It
// belongs to one goroutine.
//
// It inflates every object once and gives it to the Visitor. It applies a delta at once to the content of its base. If
// that content is no longer in memory, it makes the content again from compressed bytes, and it keeps a bounded number
// of these. It computes all ids and compares the pack's checksum. The bases of deltas must be in the same pack: thin
// packs are an error.
//
// The cost of one object does not depend on the number of objects. The next pack uses the same memory again.
type Reader struct {
	in      *input
	format  object.Format
	limits  Limits
	visit   Visitor
	hasher  *object.Hasher
	inflate inflate.Decoder
	stream  inflate.Stream
	bases   Ring
	small   keptBytes
	big     keptBytes
	records []objectRecord
	// count is how many objects the pack claims to have.
	count int
	// byID finds an object by its id; it is nil until the first delta that names its base by id.
	byID map[object.ID]int32
	// parked is how many deltas wait for their base; lost is how many objects cannot be made within the limits.
	parked, lost int
	// baseID is a buffer of the size of an id.
	baseID []byte
	// Each of these buffers is used again: for a delta, for a content that is too large for the ring, and for a base
	// and its own delta while the base is made again.
	instructions, content, deltaAgain []byte
	remade                            [2][]byte
}

// NewReader makes a Reader of packs in a format, which gives their objects to visit.
func NewReader(format object.Format, limits Limits, visit Visitor) *Reader {
	return &Reader{
		format: format,
		limits: limits,
		visit:  visit,
		hasher: format.NewHasher(),
		baseID: make([]byte, format.Size()),
		bases:  NewRing(MaxArenas, ArenaSize),
		small:  keptBytes{limit: maxKept},
		big:    keptBytes{limit: maxKeptBig},
	}
}

// Read reads a pack to its end and gives its objects to the Visitor. lost is how many objects could not be made within
// the limits; the Visitor does not get them. An error in the bytes is a fault.ProtocolError. Errors of the source, of
// the context and of the Visitor are returned unchanged.
func (r *Reader) Read(ctx context.Context, source io.Reader) (lost int, err error) {
	r.in = newInput(source, r.limits.Bytes, r.format.NewSum())
	r.records, r.byID, r.parked, r.lost = r.records[:0], nil, 0, 0
	r.small.clear()
	r.big.clear()
	err = r.readAll(ctx)
	return r.lost, err
}

func (r *Reader) readAll(ctx context.Context) error {
	if err := r.header(); err != nil {
		return err
	}
	r.visit.Expect(r.count)
	for range r.count {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.next(ctx); err != nil {
			return err
		}
	}
	if err := r.unpark(ctx); err != nil {
		return err
	}
	return r.in.trailer()
}

// header reads the first twelve bytes: "PACK", the version, the number of objects.
func (r *Reader) header() error {
	var header [12]byte
	if _, err := io.ReadFull(r.in, header[:]); err != nil {
		return r.in.explain(err)
	}
	if string(header[:4]) != "PACK" {
		return fault.Malformed("it has something else in place of the pack")
	}
	if version := binary.BigEndian.Uint32(header[4:]); version != 2 && version != 3 {
		return fault.Malformed("its pack is of version %d", version)
	}
	count := binary.BigEndian.Uint32(header[8:])
	if int64(count) > int64(r.limits.Objects) {
		return TooLarge()
	}
	r.count = int(count)
	return nil
}

// next reads one object.
func (r *Reader) next(ctx context.Context) error {
	record := objectRecord{offset: r.in.offset(), base: -1, kept: -1}
	kind, size, err := ReadHeader(r.in)
	if err != nil {
		return r.in.explain(err)
	}
	switch kind {
	case KindOffsetDelta, KindIDDelta:
		if err := r.baseOf(kind, &record); err != nil {
			return r.in.explain(err)
		}
		err = r.delta(ctx, record, size)
	case object.Commit, object.Tree, object.Blob, object.Tag:
		record.kind = kind
		err = r.whole(ctx, record, size)
	default:
		err = fault.Malformed("its pack has an object of an unknown type")
	}
	if err != nil {
		return fmt.Errorf("object %d of the pack: %w", len(r.records)+1, err)
	}
	return nil
}

// baseOf reads the id of a delta's base, or the distance to it, and finds the base.
func (r *Reader) baseOf(kind object.Kind, record *objectRecord) error {
	if kind == KindIDDelta {
		if _, err := io.ReadFull(r.in, r.baseID); err != nil {
			return err
		}
		record.id = r.format.ID(r.baseID)
		record.base = r.find(record.id)
		return nil
	}
	distance, err := ReadBaseDistance(r.in)
	if err != nil {
		return err
	}
	base, found := r.objectAt(record.offset - distance)
	if !found {
		return fault.Malformed("its pack has a delta whose base is not in it")
	}
	record.base = base
	return nil
}

// objectAt finds the object that begins at an offset of the pack.
func (r *Reader) objectAt(offset int64) (int32, bool) {
	at, found := slices.BinarySearchFunc(r.records, offset, func(r objectRecord, offset int64) int {
		return cmp.Compare(r.offset, offset)
	})
	return int32(at), found
}

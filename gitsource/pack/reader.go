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
	// Object takes one object and its id. The content may be read until the call returns. An error ends the reading.
	Object(kind object.Kind, id object.ID, content []byte) error
	// Large takes the type and the id of an object that is larger than Limits.Object. Its content was hashed and thrown
	// away.
	Large(kind object.Kind, id object.ID)
	// Expect is called first, with the number of objects that the pack says it has.
	Expect(objects int)
}

// Limits bound a pack. A pack beyond them is an error, and until that is found it costs no more than they allow.
type Limits struct {
	// Bytes is how many bytes the pack may have.
	Bytes int64
	// Objects is how many objects it may have.
	Objects int
	// Object is the size in bytes of the largest object whose content is handed on. Larger objects are no error.
	Object int64
}

const (
	// MaxChain is how many deltas may stand on one another. Git makes no more at any setting (git-pack-objects,
	// --depth).
	MaxChain = 4095
	// maxKept is how many compressed bytes of objects up to bigObject are kept, maxKeptBig the same for bigger objects,
	// which take much memory and are rarely the base of a delta.
	maxKept    = 128 << 20
	maxKeptBig = 4 << 20
	bigObject  = 1 << 20
	// MaxArenas is how many arenas a Ring has here and for packs on a disk: 16 MiB in all.
	MaxArenas = 64
)

// TooLarge is the error of a pack that is beyond its limits.
func TooLarge() error { return fault.Malformed("its pack is larger than may be read") }

// Reader reads packs (gitformat-pack, version 2), one after another and each in one pass. It belongs to one goroutine.
//
// Every object is inflated once and handed on. A delta is applied at once to the content of its base. Where that
// content is no longer in memory it is made again from compressed bytes, of which a bounded part is kept. All ids are
// computed, and the pack's checksum is compared. The bases of deltas must be in the same pack: thin packs are an error.
//
// What one object costs does not depend on how many objects there are. The memory of one pack is used again for the
// next.
type Reader struct {
	in      *input
	limits  Limits
	visit   Visitor
	hasher  *object.Hasher
	inflate inflate.Decoder
	stream  inflate.Stream
	bases   Ring
	small   keptBytes
	big     keptBytes
	records []objectRecord
	// count is how many objects the pack says it has.
	count int
	// byID finds an object by its id; it is nil until the first delta that names its base by id.
	byID map[object.ID]int32
	// parked is how many deltas wait for their base; lost is how many objects cannot be made within the limits.
	parked, lost int
	baseID       object.ID
	// These buffers are used over and over: for a delta, for the content of an object that the ring does not take, and
	// for a base and its own delta while it is made again.
	instructions, content, deltaAgain []byte
	remade                            [2][]byte
}

// NewReader makes a Reader that hands objects to visit.
func NewReader(limits Limits, visit Visitor) *Reader {
	return &Reader{
		limits: limits,
		visit:  visit,
		hasher: object.NewHasher(),
		bases:  NewRing(MaxArenas, ArenaSize),
		small:  keptBytes{limit: maxKept},
		big:    keptBytes{limit: maxKeptBig},
	}
}

// Read reads a pack to its end and hands its objects to the Visitor. lost is how many objects could not be made within
// the limits; they are not handed on. An error of the bytes is a fault.ProtocolError; errors of the source, of the
// context and of the Visitor are returned as they are.
func (r *Reader) Read(ctx context.Context, source io.Reader) (lost int, err error) {
	r.in = newInput(source, r.limits.Bytes)
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
		return fault.Malformed("it holds something else where the pack should begin")
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

// baseOf reads which object a delta is to be applied to: by its id, or by how far before the delta it begins.
func (r *Reader) baseOf(kind object.Kind, record *objectRecord) error {
	if kind == KindIDDelta {
		if _, err := io.ReadFull(r.in, r.baseID[:]); err != nil {
			return err
		}
		record.id, record.base = r.baseID, r.find(r.baseID)
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

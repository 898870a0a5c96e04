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

// Visitor takes the objects of a pack, in the order in which they can be made.
type Visitor interface {
	// Object takes one object. The content may be read until the call returns.
	Object(kind object.Kind, id object.ID, content []byte) error
	// Large takes an object that is larger than the limit: its content was looked at, and given up.
	Large(kind object.Kind, id object.ID)
	// Expect is called first, with how many objects the pack says it has.
	Expect(objects int)
}

// Limits bound a pack. One that goes beyond them is an error, and costs no more than they say.
type Limits struct {
	// Bytes and objects are how many the pack may have.
	Bytes   int64
	Objects int
	// Object is the size of the largest object whose content is handed on. Larger ones are no error.
	Object int64
}

const (
	// MaxChain is how many deltas stand on one another: more than git makes at any setting.
	MaxChain = 4095
	// maxKept bounds the compressed bytes of objects up to bigObject, maxKeptBig those of bigger ones: these take much
	// memory and are rarely anybody's base.
	maxKept    = 128 << 20
	maxKeptBig = 4 << 20
	bigObject  = 1 << 20
	// MaxArenas is how many arenas of contents are at hand, 16 MiB.
	MaxArenas = 64
)

func TooLarge() error { return fault.Malformed("its pack is larger than may be read") }

// Reader reads packs (gitformat-pack, version 2), one after another and each in one pass. Every object is inflated
// once and handed on; deltas are applied at once, to a content that is still at hand or is made again from the
// compressed bytes, of which a bounded part is kept. Ids and the pack's checksum are verified on the way: an id is
// computed, never believed. A pack must hold the bases of its deltas: thin packs are an error. What an object of a given
// size costs does not depend on how many there are, and the memory that one pack took serves the next.
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
	// byID finds an object by its id; nil until the first delta that names its base so.
	byID map[object.ID]int32
	// parked is how many deltas wait for their base, lost how many objects cannot be made within the limits.
	parked, lost int
	baseID       object.ID
	// These have room that is used over and over: for a delta, for the content of a larger object, and for a base and its
	// own delta while it is made again.
	instructions, content, deltaAgain []byte
	remade                            [2][]byte
}

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

// Read reads a pack to its end. It returns how many objects could not be made within the limits; they are not handed
// on. An error of the bytes is a fault.ProtocolError, one of the source is the source's own.
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

// header reads the first twelve bytes.
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

// baseOf reads which object a delta is to be applied to.
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

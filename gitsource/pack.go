package gitsource

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// packVisitor takes the objects of a pack, in the order in which they can be made.
type packVisitor interface {
	// object takes one object. The content may be read until the call returns.
	object(kind objectKind, id objectID, content []byte) error
	// large takes an object that is larger than the limit: its content was looked at, and given up.
	large(kind objectKind, id objectID)
	// expect is called first, with how many objects the pack says it has.
	expect(objects int)
}

// packLimits bound a pack. One that goes beyond them is an error, and costs no more than they say.
type packLimits struct {
	// bytes and objects are how many the pack may have.
	bytes   int64
	objects int
	// object is the size of the largest object whose content is handed on. Larger ones are no error.
	object int64
}

const (
	// maxChain is how many deltas stand on one another: more than git makes at any setting.
	maxChain = 4095
	// maxKept bounds the compressed bytes of objects up to bigObject, maxKeptBig those of bigger ones: these take much
	// memory and are rarely anybody's base.
	maxKept    = 128 << 20
	maxKeptBig = 4 << 20
	bigObject  = 1 << 20
	// maxArenas is how many arenas of contents are at hand, 16 MiB.
	maxArenas = 64
)

func errPackTooLarge() error { return malformed("its pack is larger than may be read") }

// packReader reads packs (gitformat-pack, version 2), one after another and each in one pass. Every object is inflated
// once and handed on; deltas are applied at once, to a content that is still at hand or is made again from the
// compressed bytes, of which a bounded part is kept. Ids and the pack's checksum are verified on the way: an id is
// computed, never believed. A pack must hold the bases of its deltas: thin packs are an error. What an object of a given
// size costs does not depend on how many there are, and the memory that one pack took serves the next.
type packReader struct {
	in      *packInput
	limits  packLimits
	visit   packVisitor
	hasher  *objectHasher
	inflate inflater
	stream  zlibStream
	bases   contentRing
	small   keptBytes
	big     keptBytes
	records []packRecord
	// count is how many objects the pack says it has.
	count int
	// byID finds an object by its id; nil until the first delta that names its base so.
	byID map[objectID]int32
	// parked is how many deltas wait for their base, lost how many objects cannot be made within the limits.
	parked, lost int
	baseID       objectID
	// These have room that is used over and over: for a delta, for the content of a larger object, and for a base and its
	// own delta while it is made again.
	instructions, content, deltaAgain []byte
	remade                            [2][]byte
}

// packRecord is what is remembered of each object.
type packRecord struct {
	// offset is where the object begins in the pack.
	offset int64
	// kept is where its compressed bytes are, in big or in small; negative when they were not kept.
	kept int64
	// size of what the compressed bytes inflate to: the content, or a delta.
	size int32
	// base is the object that the delta is applied to; negative for none.
	base int32
	// id is the object's; of a parked delta it is the base's.
	id objectID
	// held is where its content is at hand.
	held  heldContent
	depth uint16
	kind  objectKind
	state packState
}

// packState is how far an object is.
type packState uint8

const (
	// objectMade: it was handed on.
	objectMade packState = iota
	// objectTooLarge: it was handed on as large.
	objectTooLarge
	// objectParked: it waits for its base, whose id it names; base is set where that is known but waits itself.
	objectParked
	// objectLost: it cannot be made.
	objectLost
)

// hasID tells whether the id is the object's own.
func (r packRecord) hasID() bool { return r.state == objectMade || r.state == objectTooLarge }

// isOutOfReach tells whether nothing can be made from the object.
func (r packRecord) isOutOfReach() bool { return r.state == objectTooLarge || r.state == objectLost }

func newPackReader(limits packLimits, visit packVisitor) *packReader {
	return &packReader{
		limits: limits,
		visit:  visit,
		hasher: newObjectHasher(),
		bases:  newContentRing(maxArenas, arenaSize),
		small:  keptBytes{limit: maxKept},
		big:    keptBytes{limit: maxKeptBig},
	}
}

// read reads a pack to its end. It returns how many objects could not be made within the limits; they are not handed
// on. An error of the bytes is a protocolError, one of the source is the source's own.
func (r *packReader) read(ctx context.Context, source io.Reader) (lost int, err error) {
	r.in = newPackInput(source, r.limits.bytes)
	r.records, r.byID, r.parked, r.lost = r.records[:0], nil, 0, 0
	r.small.clear()
	r.big.clear()
	err = r.readAll(ctx)
	return r.lost, err
}

func (r *packReader) readAll(ctx context.Context) error {
	if err := r.header(); err != nil {
		return err
	}
	r.visit.expect(r.count)
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
func (r *packReader) header() error {
	var header [12]byte
	if _, err := io.ReadFull(r.in, header[:]); err != nil {
		return r.in.explain(err)
	}
	if string(header[:4]) != "PACK" {
		return malformed("it holds something else where the pack should begin")
	}
	if version := binary.BigEndian.Uint32(header[4:]); version != 2 && version != 3 {
		return malformed("its pack is of version %d", version)
	}
	count := binary.BigEndian.Uint32(header[8:])
	if int64(count) > int64(r.limits.objects) {
		return errPackTooLarge()
	}
	r.count = int(count)
	return nil
}

// next reads one object.
func (r *packReader) next(ctx context.Context) error {
	record := packRecord{offset: r.in.offset(), base: -1, kept: -1}
	kind, size, err := readObjectHeader(r.in)
	if err != nil {
		return r.in.explain(err)
	}
	switch kind {
	case kindOffsetDelta, kindIDDelta:
		if err := r.baseOf(kind, &record); err != nil {
			return r.in.explain(err)
		}
		err = r.delta(ctx, record, size)
	case kindCommit, kindTree, kindBlob, kindTag:
		record.kind = kind
		err = r.whole(ctx, record, size)
	default:
		err = malformed("its pack has an object of an unknown type")
	}
	if err != nil {
		return fmt.Errorf("object %d of the pack: %w", len(r.records)+1, err)
	}
	return nil
}

// baseOf reads which object a delta is to be applied to.
func (r *packReader) baseOf(kind objectKind, record *packRecord) error {
	if kind == kindIDDelta {
		if _, err := io.ReadFull(r.in, r.baseID[:]); err != nil {
			return err
		}
		record.id, record.base = r.baseID, r.find(r.baseID)
		return nil
	}
	distance, err := readBaseDistance(r.in)
	if err != nil {
		return err
	}
	at, found := slices.BinarySearchFunc(r.records, record.offset-distance, func(r packRecord, offset int64) int {
		return int(r.offset - offset)
	})
	if !found {
		return malformed("its pack has a delta whose base is not in it")
	}
	record.base = int32(at)
	return nil
}

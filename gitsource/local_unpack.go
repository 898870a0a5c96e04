package gitsource

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"slices"
)

// maxLocalBase bounds the objects that others are deltas to.
const maxLocalBase = 128 << 20

// packedEntry is what a pack has at one place.
type packedEntry struct {
	kind objectKind
	size int64
	// base is where a delta's base is.
	base packPlace
	// data are the compressed bytes; they may be read until the pack is used again.
	data *bufio.Reader
}

func (e packedEntry) isDelta() bool { return e.base.pack != nil }

// entry reads the header of an object in a pack.
func (s *localStore) entry(at packPlace) (packedEntry, error) {
	data, err := at.pack.at(at.offset)
	if err != nil {
		return packedEntry{}, err
	}
	kind, size, err := readObjectHeader(data)
	e := packedEntry{kind: kind, size: size, data: data}
	switch {
	case err != nil:
	case kind == kindOffsetDelta:
		var distance int64
		distance, err = readBaseDistance(data)
		e.base = packPlace{at.pack, at.offset - distance}
		if distance <= 0 {
			err = errDamagedLocalPack()
		}
	case kind == kindIDDelta:
		var id objectID
		if _, err = io.ReadFull(data, id[:]); err == nil {
			e.base, err = s.locate(id)
		}
	case kind < kindCommit || kind > kindTag:
		err = errDamagedLocalPack()
	}
	return e, damagedUnlessIO(err)
}

// unpack returns the content of an object in a pack, which may be read until the next call.
func (s *localStore) unpack(at packPlace, limit int64) ([]byte, error) {
	if content, ok := s.atHand(at); ok {
		if int64(len(content)) > limit {
			return nil, errTooLarge
		}
		return content, nil
	}
	e, err := s.entry(at)
	if err != nil {
		return nil, err
	}
	if !e.isDelta() {
		return s.inflateWhole(at, e, limit, &s.content)
	}
	d, err := s.inflateDelta(e, &s.instructions)
	if err != nil {
		return nil, err
	}
	if d.resultSize > limit {
		return nil, errTooLarge
	}
	base, err := s.base(e.base)
	if err != nil {
		return nil, err
	}
	return s.apply(at, d, base, &s.content)
}

// base returns the content of an object that others are deltas to: it goes from delta to delta until it comes to an
// object that is whole or at hand, and then back.
func (s *localStore) base(at packPlace) (content []byte, err error) {
	var chain []packPlace
	for {
		var held bool
		if content, held = s.atHand(at); held {
			break
		}
		e, err := s.entry(at)
		if err != nil {
			return nil, err
		}
		if !e.isDelta() {
			content, err = s.inflateWhole(at, e, maxLocalBase, &s.remade[len(chain)%2])
			if err != nil {
				return nil, tooLargeBase(err)
			}
			break
		}
		if chain = append(chain, at); len(chain) > maxChain {
			return nil, errDamagedLocalPack()
		}
		at = e.base
	}
	for i, at := range slices.Backward(chain) {
		e, err := s.entry(at)
		if err != nil {
			return nil, err
		}
		d, err := s.inflateDelta(e, &s.baseInstructions)
		if err == nil && d.resultSize > maxLocalBase {
			err = errTooLarge
		}
		if err != nil {
			return nil, tooLargeBase(err)
		}
		// Two buffers take turns: one holds the base, the other gets the result.
		if content, err = s.apply(at, d, content, &s.remade[i%2]); err != nil {
			return nil, err
		}
	}
	return content, nil
}

func tooLargeBase(err error) error {
	if errors.Is(err, errTooLarge) {
		return malformed("an object is a delta to one that is larger than %d bytes", maxLocalBase)
	}
	return err
}

func (s *localStore) inflateWhole(at packPlace, e packedEntry, limit int64, buffer *[]byte) ([]byte, error) {
	if e.size > limit {
		return nil, errTooLarge
	}
	content, held := s.room(e.size, buffer)
	if err := s.inflate.into(bufferedRuns{e.data}, content); err != nil {
		return nil, damagedUnlessIO(err)
	}
	s.hold(at, held)
	return content, nil
}

func (s *localStore) inflateDelta(e packedEntry, buffer *[]byte) (delta, error) {
	if e.size > maxLocalBase {
		return delta{}, errTooLarge
	}
	*buffer = resize(*buffer, int(e.size))
	if err := s.inflate.into(bufferedRuns{e.data}, *buffer); err != nil {
		return delta{}, damagedUnlessIO(err)
	}
	d, err := parseDelta(*buffer)
	if err != nil {
		return delta{}, errDamagedLocalPack()
	}
	return d, nil
}

func (s *localStore) apply(at packPlace, d delta, base []byte, buffer *[]byte) ([]byte, error) {
	content, held := s.room(d.resultSize, buffer)
	if err := d.apply(base, content); err != nil {
		return nil, errDamagedLocalPack()
	}
	s.hold(at, held)
	return content, nil
}

// room returns memory for a content: for a small one among the bases at hand, for others the buffer's.
func (s *localStore) room(size int64, buffer *[]byte) ([]byte, heldContent) {
	if s.bases.fits(size) {
		return s.bases.room(int(size))
	}
	*buffer = resize(*buffer, int(size))
	return *buffer, heldContent{}
}

// hold notes where a content is at hand. Now and then it forgets those that are no more.
func (s *localStore) hold(at packPlace, held heldContent) {
	if !s.bases.has(held) {
		return
	}
	if len(s.held) >= s.heldLimit {
		maps.DeleteFunc(s.held, func(_ packPlace, held heldContent) bool { return !s.bases.has(held) })
		s.heldLimit = 2*len(s.held) + 1<<12
	}
	s.held[at] = held
}

// atHand returns the content of an object that was read lately.
func (s *localStore) atHand(at packPlace) ([]byte, bool) {
	held := s.held[at]
	content, ok := s.bases.get(&held)
	if ok {
		s.held[at] = held
	}
	return content, ok
}

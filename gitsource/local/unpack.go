package local

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"slices"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
)

// maxBase is the size in bytes of the largest object that a delta may be applied to.
const maxBase = 128 << 20

// packedEntry is the header of an object in a pack, and where its bytes are.
type packedEntry struct {
	kind object.Kind
	size int64
	// base is the place of a delta's base; zero for an object that is not a delta.
	base packPlace
	// data are the compressed bytes. They are valid until the pack is used again.
	data *bufio.Reader
}

func (e packedEntry) isDelta() bool { return e.base.pack != nil }

// entry reads the header of an object in a pack.
func (s *store) entry(at packPlace) (packedEntry, error) {
	data, err := at.pack.at(at.offset)
	if err != nil {
		return packedEntry{}, err
	}
	kind, size, err := pack.ReadHeader(data)
	e := packedEntry{kind: kind, size: size, data: data}
	switch {
	case err != nil:
	case kind == pack.KindOffsetDelta:
		var distance int64
		distance, err = pack.ReadBaseDistance(data)
		e.base = packPlace{at.pack, at.offset - distance}
		if distance <= 0 {
			err = errDamagedPack()
		}
	case kind == pack.KindIDDelta:
		raw := make([]byte, s.format.Size())
		if _, err = io.ReadFull(data, raw); err == nil {
			e.base, err = s.locate(s.format.ID(raw))
		}
	case kind < object.Commit || kind > object.Tag:
		err = errDamagedPack()
	}
	return e, damagedUnlessIO(err)
}

// unpack returns the content of an object in a pack, which is valid until the next call.
func (s *store) unpack(at packPlace, limit int64) ([]byte, error) {
	if content, ok := s.inRing(at); ok {
		if int64(len(content)) > limit {
			return nil, fault.ErrTooLarge
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
	if d.ResultSize > limit {
		return nil, fault.ErrTooLarge
	}
	base, err := s.base(e.base)
	if err != nil {
		return nil, err
	}
	return s.apply(at, d, base, &s.content)
}

// base returns the content of a delta's base. It goes from delta to base until an object is whole or still in the ring,
// and then applies the deltas on the way back.
func (s *store) base(at packPlace) (content []byte, err error) {
	var chain []packPlace
	for {
		var inRing bool
		if content, inRing = s.inRing(at); inRing {
			break
		}
		e, err := s.entry(at)
		if err != nil {
			return nil, err
		}
		if !e.isDelta() {
			content, err = s.inflateWhole(at, e, maxBase, &s.remade[len(chain)%2])
			if err != nil {
				return nil, tooLargeBase(err)
			}
			break
		}
		if chain = append(chain, at); len(chain) > pack.MaxChain {
			return nil, errDamagedPack()
		}
		at = e.base
	}
	for i, at := range slices.Backward(chain) {
		e, err := s.entry(at)
		if err != nil {
			return nil, err
		}
		d, err := s.inflateDelta(e, &s.baseInstructions)
		if err == nil && d.ResultSize > maxBase {
			err = fault.ErrTooLarge
		}
		if err != nil {
			return nil, tooLargeBase(err)
		}
		// There are two buffers: one holds the base, the other gets the result.
		if content, err = s.apply(at, d, content, &s.remade[i%2]); err != nil {
			return nil, err
		}
	}
	return content, nil
}

func tooLargeBase(err error) error {
	if errors.Is(err, fault.ErrTooLarge) {
		return fault.Malformed("an object is a delta to one that is larger than %d bytes", maxBase)
	}
	return err
}

func (s *store) inflateWhole(at packPlace, e packedEntry, limit int64, buffer *[]byte) ([]byte, error) {
	if e.size > limit {
		return nil, fault.ErrTooLarge
	}
	content, place := s.allot(e.size, buffer)
	if err := s.inflate.Decode(bufferedRuns{e.data}, content); err != nil {
		return nil, damagedUnlessIO(err)
	}
	s.notePlace(at, place)
	return content, nil
}

func (s *store) inflateDelta(e packedEntry, buffer *[]byte) (pack.Delta, error) {
	if e.size > maxBase {
		return pack.Delta{}, fault.ErrTooLarge
	}
	*buffer = pack.Resize(*buffer, int(e.size))
	if err := s.inflate.Decode(bufferedRuns{e.data}, *buffer); err != nil {
		return pack.Delta{}, damagedUnlessIO(err)
	}
	d, err := pack.ParseDelta(*buffer)
	if err != nil {
		return pack.Delta{}, errDamagedPack()
	}
	return d, nil
}

func (s *store) apply(at packPlace, d pack.Delta, base []byte, buffer *[]byte) ([]byte, error) {
	content, place := s.allot(d.ResultSize, buffer)
	if err := d.Apply(base, content); err != nil {
		return nil, errDamagedPack()
	}
	s.notePlace(at, place)
	return content, nil
}

// allot returns memory for a content: in the ring if it is small enough, else in the buffer.
func (s *store) allot(size int64, buffer *[]byte) ([]byte, pack.Place) {
	if s.bases.Fits(size) {
		return s.bases.Allot(int(size))
	}
	*buffer = pack.Resize(*buffer, int(size))
	return *buffer, pack.Place{}
}

// notePlace notes the place of a content in the ring. When there are many notes, it removes those of contents that the
// ring no longer holds.
func (s *store) notePlace(at packPlace, place pack.Place) {
	if !s.bases.Has(place) {
		return
	}
	if len(s.places) >= s.placesLimit {
		maps.DeleteFunc(s.places, func(_ packPlace, place pack.Place) bool { return !s.bases.Has(place) })
		s.placesLimit = 2*len(s.places) + 1<<12
	}
	s.places[at] = place
}

// inRing returns the content of an object if the ring still holds it.
func (s *store) inRing(at packPlace) ([]byte, bool) {
	place := s.places[at]
	content, ok := s.bases.Get(&place)
	if ok {
		s.places[at] = place
	}
	return content, ok
}

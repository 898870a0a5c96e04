package pack

import (
	"io"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

const (
	// KindOffsetDelta and KindIDDelta are the types of deltas, which packs alone have: one names its base by how many bytes
	// before it that begins, the other by its id.
	KindOffsetDelta object.Kind = 6
	KindIDDelta     object.Kind = 7
)

// ReadHeader reads the type and the size of what follows.
func ReadHeader(in io.ByteReader) (kind object.Kind, size int64, err error) {
	b, err := in.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	kind, size = object.Kind(b>>4&7), int64(b&15)
	for shift := 4; b >= 0x80; shift += 7 {
		if b, err = in.ReadByte(); err != nil {
			return 0, 0, err
		}
		if shift > 55 {
			return 0, 0, fault.Malformed("its pack has an object without a sensible size")
		}
		size |= int64(b&0x7f) << shift
	}
	return kind, size, nil
}

// ReadBaseDistance reads how many bytes before a delta its base begins.
func ReadBaseDistance(in io.ByteReader) (int64, error) {
	b, err := in.ReadByte()
	distance := int64(b & 0x7f)
	for err == nil && b >= 0x80 {
		if distance >= 1<<48 {
			return 0, fault.Malformed("its pack has a delta whose base is not in it")
		}
		if b, err = in.ReadByte(); err == nil {
			distance = (distance+1)<<7 | int64(b&0x7f)
		}
	}
	return distance, err
}

package pack

import (
	"io"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

const (
	// KindOffsetDelta is a delta that names its base by the distance in bytes between the two (gitformat-pack,
	// OBJ_OFS_DELTA). It occurs only in packs.
	KindOffsetDelta object.Kind = 6
	// KindIDDelta is a delta that names its base by its id (OBJ_REF_DELTA). It occurs only in packs.
	KindIDDelta object.Kind = 7
)

// ReadHeader reads an object's type and its inflated size in bytes, which is at most 2^60 (gitformat-pack, "Size
// encoding"). Its errors are those of in, and a fault.ProtocolError for a larger size.
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

// ReadBaseDistance reads the distance in bytes from a delta of KindOffsetDelta back to its base. It is never negative,
// but may be longer than the part of the pack before the delta. Its errors are those of in, and a fault.ProtocolError
// for a number beyond 2^56.
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

package pack

import (
	"io"

	"mooring/gitsource/fault"
)

// Delta makes an object out of another one, its base: it copies pieces of the base and inserts new bytes
// (gitformat-pack, section "Deltified representation").
type Delta struct {
	// ResultSize is the size in bytes of the object that the delta makes, as the pack claims. It is not bounded.
	ResultSize   int64
	baseSize     int64
	instructions []byte
}

// ParseDelta reads the two sizes that a delta begins with. The Delta shares the bytes of data. The error is a
// fault.ProtocolError.
func ParseDelta(data []byte) (Delta, error) {
	baseSize, data, ok := cutSize(data)
	if !ok {
		return Delta{}, errBadDelta()
	}
	resultSize, data, ok := cutSize(data)
	if !ok {
		return Delta{}, errBadDelta()
	}
	return Delta{baseSize: baseSize, ResultSize: resultSize, instructions: data}, nil
}

func errBadDelta() error { return fault.Malformed("its pack has a delta that does not fit its base") }

// cutSize reads a number that is written in seven bits a byte, the lowest first. It is never negative.
func cutSize(data []byte) (size int64, rest []byte, ok bool) {
	for i, b := range data {
		if shift := 7 * i; shift < 63 {
			size |= int64(b&0x7f) << shift
			if b < 0x80 {
				return size, data[i+1:], true
			}
			continue
		}
		break
	}
	return 0, nil, false
}

// Apply writes the result to into, which must have ResultSize bytes. The error is a fault.ProtocolError, for a delta
// that does not fit its base.
func (d Delta) Apply(base, into []byte) error {
	if d.baseSize != int64(len(base)) || d.ResultSize != int64(len(into)) {
		return errBadDelta()
	}
	rest := into
	for instructions := d.instructions; len(instructions) > 0; {
		piece, after, ok := cutPiece(base, instructions)
		if !ok || len(piece) > len(rest) {
			return errBadDelta()
		}
		rest, instructions = rest[copy(rest, piece):], after
	}
	if len(rest) > 0 {
		return errBadDelta()
	}
	return nil
}

// writeTo writes the result piece by piece, so that a large result takes no memory.
func (d Delta) writeTo(base []byte, into io.Writer) error {
	if d.baseSize != int64(len(base)) {
		return errBadDelta()
	}
	left := d.ResultSize
	for instructions := d.instructions; len(instructions) > 0; {
		piece, after, ok := cutPiece(base, instructions)
		if left -= int64(len(piece)); !ok || left < 0 {
			return errBadDelta()
		}
		if _, err := into.Write(piece); err != nil {
			return err
		}
		instructions = after
	}
	if left > 0 {
		return errBadDelta()
	}
	return nil
}

// cutPiece carries out the first instruction. It returns a piece of the result, which shares the bytes of the base or
// of the instructions, and the instructions after it.
func cutPiece(base, instructions []byte) (piece, rest []byte, ok bool) {
	code := instructions[0]
	rest = instructions[1:]
	if code < 0x80 {
		if code == 0 || int(code) > len(rest) {
			return nil, nil, false
		}
		return rest[:code], rest[code:], true
	}
	// Four bytes of offset are more than an int of 32 bits can hold.
	var offset, size uint64
	for i := range 4 {
		if code&(1<<i) != 0 {
			if len(rest) == 0 {
				return nil, nil, false
			}
			offset, rest = offset|uint64(rest[0])<<(8*i), rest[1:]
		}
	}
	for i := range 3 {
		if code&(0x10<<i) != 0 {
			if len(rest) == 0 {
				return nil, nil, false
			}
			size, rest = size|uint64(rest[0])<<(8*i), rest[1:]
		}
	}
	if size == 0 {
		size = 0x10000
	}
	if length := uint64(len(base)); offset > length || size > length-offset {
		return nil, nil, false
	}
	return base[offset : offset+size], rest, true
}

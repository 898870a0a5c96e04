package inflate

import "encoding/binary"

// block inflates one block (RFC 1951, 3.2.3).
func (z *Decoder) block() (last bool, err error) {
	if err := z.need(3); err != nil {
		return false, err
	}
	last = z.take(1) == 1
	switch z.take(2) {
	case 0:
		err = z.stored()
	case 1:
		err = z.coded(&z.alphabets.fixed)
	case 2:
		if err = z.readCode(); err == nil {
			err = z.coded(&z.dynamic)
		}
	default:
		err = ErrDamaged
	}
	return last, err
}

// stored copies bytes that were not compressed (3.2.4).
func (z *Decoder) stored() error {
	z.take(z.count % 8)
	if err := z.need(32); err != nil {
		return err
	}
	size, complement := int(z.take(16)), int(z.take(16))
	if size != complement^0xffff {
		return ErrDamaged
	}
	if size > len(z.content)-z.filled {
		return ErrWrongSize
	}
	for end := z.filled + size; z.filled < end; {
		if z.count == 0 && z.at < len(z.bytes) {
			n := copy(z.content[z.filled:end], z.bytes[z.at:])
			z.filled, z.at = z.filled+n, z.at+n
			continue
		}
		if err := z.need(8); err != nil {
			return err
		}
		z.content[z.filled] = byte(z.take(8))
		z.filled++
	}
	return nil
}

// coded inflates a block of literals and repetitions (3.2.3, 3.2.5).
func (z *Decoder) coded(code *blockCode) error {
	for {
		ended, err := z.codedFast(code)
		if err == nil && !ended {
			ended, err = z.codedOne(code)
		}
		if err != nil || ended {
			return err
		}
	}
}

// codedFast inflates while eight bytes of the run are left: then it need not check at every step whether there are
// enough bits.
func (z *Decoder) codedFast(code *blockCode) (ended bool, err error) {
	literals, distances := code.literals.table, code.distances.table
	bytes, at, bits, count := z.bytes, z.at, z.bits, z.count
	content, filled := z.content, z.filled
	for len(bytes)-at >= 8 && !ended && err == nil {
		if count < 48 { // a repetition takes no more
			bits |= binary.LittleEndian.Uint64(bytes[at:]) << count
			at += int(63-count) >> 3
			count |= 56
		}
		s := look(literals, literalBits, bits)
		bits, count = bits>>s.length(), count-s.length()
		if s.kind() == symbolLiteral && filled < len(content) {
			content[filled] = byte(s.value())
			filled++
			continue
		}
		if s.kind() != symbolBase {
			ended, err = s.end()
			continue
		}
		size := s.value() + int(bits&s.extraMask())
		bits, count = bits>>s.extra(), count-s.extra()
		s = look(distances, distanceBits, bits)
		bits, count = bits>>s.length(), count-s.length()
		distance := s.value() + int(bits&s.extraMask())
		bits, count = bits>>s.extra(), count-s.extra()
		filled, err = repeat(content, filled, size, distance)
	}
	z.at, z.filled = at, filled
	z.put(bits, count)
	return ended, err
}

// codedOne inflates one literal or repetition, even where its bits are in two runs.
func (z *Decoder) codedOne(code *blockCode) (ended bool, err error) {
	if err := z.need(maxCodeLength); err != nil {
		return false, err
	}
	s := look(code.literals.table, literalBits, z.bits)
	z.take(s.length())
	if s.kind() == symbolLiteral && z.filled < len(z.content) {
		z.content[z.filled] = byte(s.value())
		z.filled++
		return false, nil
	}
	if s.kind() != symbolBase {
		return s.end()
	}
	if err := z.need(s.extra()); err != nil {
		return false, err
	}
	size := s.value() + int(z.take(s.extra()))
	if err := z.need(maxCodeLength); err != nil {
		return false, err
	}
	s = look(code.distances.table, distanceBits, z.bits)
	z.take(s.length())
	if err := z.need(s.extra()); err != nil {
		return false, err
	}
	distance := s.value() + int(z.take(s.extra()))
	z.filled, err = repeat(z.content, z.filled, size, distance)
	return false, err
}

// repeat appends size bytes to the filled part of content: copies of those that begin distance bytes before its end.
func repeat(content []byte, filled, size, distance int) (int, error) {
	switch {
	case distance == 0 || distance > filled: // 0 is the distance of an unused code word
		return filled, ErrDamaged
	case size > len(content)-filled:
		return filled, ErrWrongSize
	}
	end := filled + size
	for from := filled - distance; filled < end; {
		// A copy may be copied again, so the piece doubles each time if the distance is short.
		filled += copy(content[filled:end], content[from:filled])
	}
	return end, nil
}

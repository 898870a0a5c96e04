package inflate

import "encoding/binary"

// readCode reads the code of a block (RFC 1951, 3.2.7). First come the lengths of the words of the code length code;
// the lengths of the block's own words follow, written in that code.
func (z *Decoder) readCode() error {
	if err := z.need(14); err != nil {
		return err
	}
	literals, distances, ordered := int(z.take(5))+endOfBlock+1, int(z.take(5))+1, int(z.take(4))+4
	if literals > maxLiterals || distances > maxDistances {
		return ErrDamaged
	}
	if err := z.readOrder(ordered); err != nil {
		return err
	}
	if err := z.readLengths(z.lengths[:literals+distances]); err != nil {
		return err
	}
	if !z.dynamic.literals.build(z.lengths[:literals], literalBits, z.alphabets.literals[:]) ||
		!z.dynamic.distances.build(z.lengths[literals:literals+distances], distanceBits, z.alphabets.distances[:]) {
		return ErrDamaged
	}
	return nil
}

// readOrder reads the code length code. The lengths of its words come in a fixed order; the last ones may be left out.
func (z *Decoder) readOrder(count int) error {
	var lengths [19]uint8
	for _, number := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:count] {
		if err := z.need(3); err != nil {
			return err
		}
		lengths[number] = uint8(z.take(3))
	}
	if !z.order.build(lengths[:], orderBits, z.alphabets.order[:]) {
		return ErrDamaged
	}
	return nil
}

// readLengths reads the lengths of words: 16 repeats the one before, 17 and 18 repeat 0.
func (z *Decoder) readLengths(lengths []uint8) error {
	table, bits, count := z.order.table, z.bits, z.count
	for at := 0; at < len(lengths); {
		if count < 14 { // a length takes no more
			z.put(bits, count)
			if err := z.needLength(); err != nil {
				return err
			}
			bits, count = z.bits, z.count
		}
		s := look(table, orderBits, bits)
		bits, count = bits>>s.length(), count-s.length()
		if s.kind() == symbolNone {
			return ErrDamaged
		}
		if s.value() < 16 {
			lengths[at] = uint8(s.value())
			at++
			continue
		}
		times, length := 3+int(bits&s.extraMask()), uint8(0)
		bits, count = bits>>s.extra(), count-s.extra()
		switch {
		case s.value() == 18:
			times += 8
		case s.value() == 16 && at == 0:
			return ErrDamaged
		case s.value() == 16:
			length = lengths[at-1]
		}
		if times > len(lengths)-at {
			return ErrDamaged
		}
		for range times {
			lengths[at] = length
			at++
		}
	}
	z.put(bits, count)
	return nil
}

// needLength takes enough bits for the longest word of the code length code and its extra bits, and more if the run has
// them.
func (z *Decoder) needLength() error {
	if len(z.bytes)-z.at < 8 {
		return z.need(14)
	}
	z.bits |= binary.LittleEndian.Uint64(z.bytes[z.at:]) << z.count
	z.at += int(63-z.count) >> 3
	z.count |= 56
	return nil
}

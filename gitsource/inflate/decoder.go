package inflate

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
	"io"
)

// Source gives bytes a run at a time, so that they need not be copied to be looked at.
type Source interface {
	// Run returns the bytes that come next, one at least, or the error that ends them. They may be read until the next
	// call.
	Run() ([]byte, error)
	// Skip goes past the first n bytes of the run.
	Skip(n int)
}

// Decoder inflates one object after another: zlib streams (RFC 1950) of a size that is known beforehand. A pack is many
// thousands of small ones. What inflates streams of any kind takes their bytes one by one, copies what it makes through
// a window, and is longer getting ready than at work; here an object is made in its place, which is its own window. It
// belongs to one reader.
type Decoder struct {
	source Source
	// bytes are the run that the source gave last, at is how many of them were taken.
	bytes []byte
	at    int
	// bits are the bits that were taken and not used yet, the next one lowest; count is how many of them count.
	bits  uint64
	count uint
	// content is what is made, filled how far it is.
	content []byte
	filled  int
	// alphabets is made when first needed; dynamic is the code of the block at hand.
	alphabets *alphabetSet
	dynamic   blockCode
	lengths   [maxLiterals + maxDistances]uint8
	order     prefixCode
}

// ErrDamaged: compressed bytes are not as RFC 1950 and 1951 say.
var ErrDamaged = errors.New("a compressed object is damaged")

// Decode fills content, which has the size that the object must have, and goes past the stream, exactly.
func (z *Decoder) Decode(source Source, content []byte) error {
	if z.alphabets == nil {
		z.alphabets = newAlphabetSet()
	}
	z.source, z.content, z.filled = source, content, 0
	z.bytes, z.at, z.bits, z.count = nil, 0, 0, 0
	err := z.stream()
	z.source, z.bytes, z.content = nil, nil, nil
	return err
}

func (z *Decoder) stream() error {
	if err := z.header(); err != nil {
		return err
	}
	for last := false; !last; {
		var err error
		if last, err = z.block(); err != nil {
			return err
		}
	}
	if z.filled < len(z.content) {
		return ErrWrongSize
	}
	return z.trailer()
}

// header reads the two bytes that a stream begins with: deflate, no preset dictionary, a multiple of 31.
func (z *Decoder) header() error {
	if err := z.need(16); err != nil {
		return err
	}
	method, flags := z.take(8), z.take(8)
	if method&0xf != 8 || method>>4 > 7 || flags&0x20 != 0 || (method<<8|flags)%31 != 0 {
		return ErrDamaged
	}
	return nil
}

// trailer compares the checksum, and leaves the source where the stream ends.
func (z *Decoder) trailer() error {
	z.take(z.count % 8)
	if err := z.need(32); err != nil {
		return err
	}
	var sum [4]byte
	binary.LittleEndian.PutUint32(sum[:], uint32(z.take(32)))
	if binary.BigEndian.Uint32(sum[:]) != adler32.Checksum(z.content) {
		return ErrDamaged
	}
	// Bytes that are held and not used are of this run: of one before there were fewer than were just taken.
	z.source.Skip(z.at - int(z.count/8))
	return nil
}

// block inflates a block (RFC 1951, 3.2.3).
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

// codedFast goes on for as long as the run has plenty of bytes, so that bits need not be counted at every step.
func (z *Decoder) codedFast(code *blockCode) (ended bool, err error) {
	literals, distances := code.literals.table, code.distances.table
	bytes, at, held, count := z.bytes, z.at, z.bits, z.count
	content, filled := z.content, z.filled
	for len(bytes)-at >= 8 && !ended && err == nil {
		if count < 48 { // a repetition takes that at most
			held |= binary.LittleEndian.Uint64(bytes[at:]) << count
			at += int(63-count) >> 3
			count |= 56
		}
		s := look(literals, literalBits, held)
		held, count = held>>s.length(), count-s.length()
		if s.kind() == symbolLiteral && filled < len(content) {
			content[filled] = byte(s.value())
			filled++
			continue
		}
		if s.kind() != symbolBase {
			ended, err = s.end()
			continue
		}
		size := s.value() + int(held&s.extraMask())
		held, count = held>>s.extra(), count-s.extra()
		s = look(distances, distanceBits, held)
		held, count = held>>s.length(), count-s.length()
		distance := s.value() + int(held&s.extraMask())
		held, count = held>>s.extra(), count-s.extra()
		filled, err = repeat(content, filled, size, distance)
	}
	z.at, z.filled = at, filled
	z.hand(held, count)
	return ended, err
}

// codedOne inflates one literal or repetition, wherever its bits are.
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

// repeat puts as many bytes behind what is filled of content as stand a distance before.
func repeat(content []byte, filled, size, distance int) (int, error) {
	switch {
	case distance == 0 || distance > filled: // 0 is no distance: no word stood for one
		return filled, ErrDamaged
	case size > len(content)-filled:
		return filled, ErrWrongSize
	}
	end := filled + size
	for from := filled - distance; filled < end; {
		// What was copied may be copied again, so a short distance doubles each time.
		filled += copy(content[filled:end], content[from:filled])
	}
	return end, nil
}

// hand gives bits back that were taken out to be worked on. Above those that count there may be some of a byte that is
// not taken yet.
func (z *Decoder) hand(held uint64, count uint) { z.bits, z.count = held&(1<<count-1), count }

// take uses so many bits, which must be held.
func (z *Decoder) take(count uint) uint64 {
	taken := z.bits & (1<<count - 1)
	z.bits >>= count
	z.count -= count
	return taken
}

// need sees to it that so many bits are held, at most 32. It takes no more than that from a further run, for the stream
// may end before its own last bits, and has to end in the run that is at hand.
func (z *Decoder) need(count uint) error {
	for z.count < count {
		if z.at == len(z.bytes) {
			z.source.Skip(len(z.bytes))
			next, err := z.source.Run()
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				return err
			}
			z.bytes, z.at = next, 0
		}
		z.bits |= uint64(z.bytes[z.at]) << z.count
		z.at++
		z.count += 8
	}
	return nil
}

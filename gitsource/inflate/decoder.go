package inflate

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
	"io"
)

// Source gives bytes in runs: whoever reads them looks at the source's own memory, and nothing is copied.
type Source interface {
	// Run returns the bytes that come next, at least one, or the error that ends them. They may be read until the next
	// call.
	Run() ([]byte, error)
	// Skip goes past the first n bytes of the run.
	Skip(n int)
}

// Decoder inflates one object after another: zlib streams (RFC 1950) of a size that is known beforehand. The zero value
// is ready. It belongs to one goroutine.
//
// A pack has many thousands of small objects. An inflater for any stream takes its input byte by byte and copies its
// output through a window, and for a small object it takes longer to get ready than to inflate. Here an object is made
// where it will be read, and repetitions are copied from there.
type Decoder struct {
	source Source
	// bytes are the run that the source gave last; at of them were taken.
	bytes []byte
	at    int
	// bits were taken and not used yet, the next one lowest; count of them are valid.
	bits  uint64
	count uint
	// content is the object; filled bytes of it are made.
	content []byte
	filled  int
	// alphabets are made when first needed; dynamic is the code of the current block.
	alphabets *alphabetSet
	dynamic   blockCode
	lengths   [maxLiterals + maxDistances]uint8
	order     prefixCode
}

var (
	// ErrDamaged means that compressed bytes are not as RFC 1950 and RFC 1951 say.
	ErrDamaged = errors.New("a compressed object is damaged")
	// ErrWrongSize means that an object is longer or shorter than was said.
	ErrWrongSize = errors.New("an object has not the size that it says")
)

// Decode fills content, which has the size that the object must have, and leaves the source behind the last byte of the
// stream. It returns ErrWrongSize for an object of another size, ErrDamaged for a stream that is none,
// io.ErrUnexpectedEOF for one that is cut short, and an error of the source as it is.
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

// header reads the first two bytes of a stream: the method is deflate, there is no preset dictionary, and the two bytes
// are a multiple of 31 (RFC 1950, 2.2).
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
	// Bytes that were taken and not used belong to this run: the runs before it had fewer than the checksum has taken.
	z.source.Skip(z.at - int(z.count/8))
	return nil
}

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

// codedFast inflates for as long as eight bytes of the run are left: then it need not ask at every step whether there
// are enough bits.
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
	case distance == 0 || distance > filled: // 0 comes of a code word that stands for nothing
		return filled, ErrDamaged
	case size > len(content)-filled:
		return filled, ErrWrongSize
	}
	end := filled + size
	for from := filled - distance; filled < end; {
		// Copies may be copied again, so the piece doubles each time where the distance is short.
		filled += copy(content[filled:end], content[from:filled])
	}
	return end, nil
}

// put stores bits that were taken out of the fields to work on them. Bits above count may belong to a byte that is not
// taken yet, so they are cleared.
func (z *Decoder) put(bits uint64, count uint) { z.bits, z.count = bits&(1<<count-1), count }

// take uses count bits, which need has brought.
func (z *Decoder) take(count uint) uint64 {
	taken := z.bits & (1<<count - 1)
	z.bits >>= count
	z.count -= count
	return taken
}

// need takes bytes until there are count bits, at most 32. It takes no byte more than that from a new run, because
// trailer can only give back bytes of the run that the source gave last.
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

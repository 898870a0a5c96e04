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

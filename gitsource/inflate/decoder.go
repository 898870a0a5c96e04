package inflate

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
	"io"
)

// Source gives bytes in runs. A run is a part of the source's own memory, so that nothing is copied.
type Source interface {
	// Run returns the next bytes, at least one, or an error at their end. They are valid until the next call.
	Run() ([]byte, error)
	// Skip consumes the first n bytes of the run.
	Skip(n int)
}

// Decoder inflates one object after another: zlib streams (RFC 1950) of a size that is known beforehand. The zero value
// is ready. It belongs to one goroutine.
//
// A pack has many thousands of small objects. A general inflater reads its input byte by byte and copies its output
// through a window, and its set-up takes longer than inflating a small object. The Decoder writes directly to the
// memory of the object, and copies repetitions from there.
type Decoder struct {
	source Source
	// bytes is the last run of the source; at is how many of them were taken.
	bytes []byte
	at    int
	// bits are taken and not used yet, the next one lowest; count is how many are valid.
	bits  uint64
	count uint
	// content is the object; filled is how many bytes of it are made.
	content []byte
	filled  int
	// alphabets are made when first needed; dynamic is the code of the current block.
	alphabets *alphabetSet
	dynamic   blockCode
	lengths   [maxLiterals + maxDistances]uint8
	order     prefixCode
}

var (
	// ErrDamaged means that compressed bytes do not follow RFC 1950 and RFC 1951.
	ErrDamaged = errors.New("a compressed object is damaged")
	// ErrWrongSize means that an object is longer or shorter than its header claims.
	ErrWrongSize = errors.New("an object does not have the size that its header claims")
)

// Decode inflates an object into content, which has the size of the object. It consumes the source up to the last byte
// of the stream. It returns ErrWrongSize for an object of another size, ErrDamaged for an invalid stream,
// io.ErrUnexpectedEOF for a stream that is cut short, and an error of the source unchanged.
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
	// Give back the bytes that were taken and not used. They belong to this run, because need takes no spare byte from
	// a new run.
	z.source.Skip(z.at - int(z.count/8))
	return nil
}

// put stores bits and count, which a caller has changed in local variables. It clears the bits above count, because
// they may belong to a byte that is not taken yet.
func (z *Decoder) put(bits uint64, count uint) { z.bits, z.count = bits&(1<<count-1), count }

// take returns and removes count bits. need must have taken them.
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

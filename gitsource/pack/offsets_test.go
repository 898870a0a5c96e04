package pack

import (
	"io"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// A pack may be larger than an int of 32 bits can count. With GOARCH=386 these tests check that it can be read there.

func TestABaseIsFoundHoweverFarBeforeItsDeltaItBegins(t *testing.T) {
	is := is.New(t)
	var r Reader
	for _, offset := range []int64{12, 1 << 31, 3 << 30, 1<<32 + 12, 1 << 33, 5 << 31} {
		r.records = append(r.records, objectRecord{offset: offset})
	}
	for i, record := range r.records {
		at, found := r.objectAt(record.offset)
		is.True(found)
		is.Equal(at, int32(i))
		for _, other := range []int64{record.offset - 1, record.offset + 1, record.offset + 1<<34} {
			_, found := r.objectAt(other)
			is.True(!found)
		}
	}
}

func TestACopyFromBeyondTheBaseIsAnErrorAtEveryOffset(t *testing.T) {
	is := is.New(t)
	base := []byte("0123456789")
	for _, offset := range [][4]byte{
		{10, 0, 0, 0}, {0, 0, 0, 0x7f}, {0, 0, 0, 0x80}, {9, 0, 0, 0x80}, {0xff, 0xff, 0xff, 0x7f}, {0xf6, 0xff, 0xff, 0xff},
		{0xff, 0xff, 0xff, 0xff},
	} {
		// This copies one byte. In the instruction 0x9f the low four bits mean that four bytes of offset follow, and
		// 0x10 that one byte of size follows.
		d, err := ParseDelta(append(append([]byte{10, 1, 0x9f}, offset[:]...), 1))
		is.NoErr(err)
		err = d.Apply(base, make([]byte, 1))
		is.True(err != nil)
		is.Equal(fault.Of(err).Code, actors.CodeProtocol)
		is.True(d.writeTo(base, io.Discard) != nil)
	}
}

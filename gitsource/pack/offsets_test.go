package pack

import (
	"io"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// A pack may be larger than what an int holds where that has 32 bits: GOARCH=386 go test shows whether these hold there.

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
		// A copy of one byte: of the flags, 0x0f tells of four bytes of offset and 0x10 of one byte of size.
		d, err := ParseDelta(append(append([]byte{10, 1, 0x9f}, offset[:]...), 1))
		is.NoErr(err)
		err = d.Apply(base, make([]byte, 1))
		is.True(err != nil)
		is.Equal(fault.Of(err).Code, actors.CodeProtocol)
		is.True(d.writeTo(base, io.Discard) != nil)
	}
}

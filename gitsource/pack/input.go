package pack

import (
	"context"
	"errors"
	"hash"
	"io"

	"mooring/gitsource/fault"
)

const bufferSize = 64 << 10

// input reads the bytes of a pack, counts them, computes their checksum, and passes the bytes between startKeeping and
// stopKeeping on. Callers read it in runs or byte by byte, and never beyond the last byte of an object.
type input struct {
	source io.Reader
	buffer []byte
	// next and end are the bounds of the unread bytes in the buffer.
	next, end int
	// summed and kept are the ends of the bytes in the buffer that went into the checksum and to keep.
	summed, kept int
	// before is how many bytes came before those in the buffer; limit is how many may come in all.
	before, limit int64
	// sum is the checksum of all bytes, which is compared with the pack's trailer.
	sum hash.Hash
	// keep takes the bytes that are read; nil if they are not kept.
	keep func([]byte)
	// err is the error of the source, or io.EOF.
	err error
}

func newInput(source io.Reader, limit int64, sum hash.Hash) *input {
	return &input{source: source, buffer: make([]byte, bufferSize), limit: limit, sum: sum}
}

// offset is the number of bytes that were read.
func (in *input) offset() int64 { return in.before + int64(in.next) }

// ReadByte implements io.ByteReader.
func (in *input) ReadByte() (byte, error) {
	if in.next == in.end {
		if err := in.fill(); err != nil {
			return 0, err
		}
	}
	b := in.buffer[in.next]
	in.next++
	return b, nil
}

// Read implements io.Reader.
func (in *input) Read(into []byte) (int, error) {
	if in.next == in.end {
		if err := in.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(into, in.buffer[in.next:in.end])
	in.next += n
	return n, nil
}

// Run implements inflate.Source.
func (in *input) Run() ([]byte, error) {
	if in.next == in.end {
		if err := in.fill(); err != nil {
			return nil, err
		}
	}
	return in.buffer[in.next:in.end], nil
}

// Skip implements inflate.Source.
func (in *input) Skip(n int) { in.next += n }

// fill gets more bytes. Its error is io.EOF at the end of the source, and stays the same from then on.
func (in *input) fill() error {
	if in.err != nil {
		return in.err
	}
	in.handOn()
	if in.before += int64(in.end); in.before > in.limit {
		in.err = TooLarge()
		return in.err
	}
	in.next, in.end, in.summed, in.kept = 0, 0, 0, 0
	const patience = 100
	for range patience {
		in.end, in.err = in.source.Read(in.buffer)
		if in.end > 0 {
			return nil
		}
		if in.err != nil {
			return in.err
		}
	}
	in.err = io.ErrNoProgress
	return in.err
}

// startKeeping calls keep with all bytes that are read from now on; stopKeeping ends that.
func (in *input) startKeeping(keep func([]byte)) { in.keep, in.kept = keep, in.next }

func (in *input) stopKeeping() {
	in.handOn()
	in.keep = nil
}

func (in *input) handOn() {
	in.sum.Write(in.buffer[in.summed:in.next])
	in.summed = in.next
	if in.keep != nil {
		in.keep(in.buffer[in.kept:in.next])
		in.kept = in.next
	}
}

// explain returns the error of the source if there is one, and otherwise an error that says what is wrong with the
// bytes.
func (in *input) explain(err error) error {
	var broken *fault.ProtocolError
	switch {
	case in.err != nil && in.err != io.EOF:
		return in.err
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Malformed("its pack is cut short")
	case errors.As(err, &broken), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fault.Malformed("its pack is damaged")
}

// trailer compares the checksum at the end of the pack, and reads the source to its end. It allows a few bytes after
// the pack.
func (in *input) trailer() error {
	in.handOn()
	want := in.sum.Sum(nil)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(in, got); err != nil {
		return in.explain(err)
	}
	if string(got) != string(want) {
		return fault.Malformed("its pack is damaged: its checksum is wrong")
	}
	for after := in.offset(); ; in.next = in.end {
		if in.offset()+int64(in.end-in.next)-after > maxAfterPack {
			return fault.Malformed("its pack is followed by something else")
		}
		if err := in.fill(); err == io.EOF {
			return nil
		} else if err != nil {
			return in.explain(err)
		}
	}
}

// maxAfterPack is how many bytes may follow a pack.
const maxAfterPack = 64 << 10

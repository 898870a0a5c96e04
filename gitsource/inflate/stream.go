package inflate

import (
	"compress/zlib"
	"io"
)

// Stream inflates one object after another, piece by piece: objects that are too large for memory, and those of unknown
// size. The zero value is ready. It belongs to one goroutine.
type Stream struct {
	reader io.ReadCloser
	buffer []byte
}

// ByteSource can be read byte by byte, so that a Stream consumes no byte after the object.
type ByteSource interface {
	io.Reader
	io.ByteReader
}

// Start begins with the next stream of the source.
func (z *Stream) Start(source ByteSource) (err error) {
	if z.reader == nil {
		z.reader, err = zlib.NewReader(source)
		return err
	}
	return z.reader.(zlib.Resetter).Reset(source, nil)
}

// Read implements io.Reader: it returns the next bytes of the object that Start began.
func (z *Stream) Read(into []byte) (int, error) { return z.reader.Read(into) }

// Rest fills content with the rest of the object that Start began. It returns ErrWrongSize if the rest is longer.
func (z *Stream) Rest(content []byte) error {
	if _, err := io.ReadFull(z.reader, content); err != nil {
		return err
	}
	return z.finish()
}

// Copy writes an object of that size in bytes to into, piece by piece. It returns ErrWrongSize if the object has
// another size, and an error of into unchanged.
func (z *Stream) Copy(source ByteSource, size int64, into io.Writer) error {
	if err := z.Start(source); err != nil {
		return err
	}
	if z.buffer == nil {
		z.buffer = make([]byte, 32<<10)
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{into}, io.LimitReader(z.reader, size), z.buffer)
	switch {
	case err != nil:
		return err
	case n < size:
		return ErrWrongSize
	}
	return z.finish()
}

// finish reads the end of the stream, where package zlib compares the checksum.
func (z *Stream) finish() error {
	var more [1]byte
	switch n, err := z.reader.Read(more[:]); {
	case n > 0:
		return ErrWrongSize
	case err == nil:
		return z.finish()
	case err != io.EOF:
		return err
	}
	return nil
}

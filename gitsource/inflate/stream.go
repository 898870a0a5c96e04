package inflate

import (
	"compress/zlib"
	"errors"
	"io"
)

// Stream inflates, piece by piece, what is too large to be held or of a size that is not known; it is made ready
// when first used.
type Stream struct {
	reader io.ReadCloser
	buffer []byte
}

// ByteSource is what can be read byte by byte, so that not one more is taken than an object has.
type ByteSource interface {
	io.Reader
	io.ByteReader
}

func (z *Stream) Start(source ByteSource) (err error) {
	if z.reader == nil {
		z.reader, err = zlib.NewReader(source)
		return err
	}
	return z.reader.(zlib.Resetter).Reset(source, nil)
}

// Read implements io.Reader for what comes next of the stream.
func (z *Stream) Read(into []byte) (int, error) { return z.reader.Read(into) }

// Rest fills content with what is left of the stream.
func (z *Stream) Rest(content []byte) error {
	if _, err := io.ReadFull(z.reader, content); err != nil {
		return err
	}
	return z.finish()
}

// Copy hands size bytes on, piece by piece.
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

// finish reads the end of the stream, at which its checksum is compared.
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

// ErrWrongSize: an object is longer or shorter than it says.
var ErrWrongSize = errors.New("an object has not the size that it says")

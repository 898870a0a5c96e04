package gitsource

import (
	"compress/zlib"
	"context"
	"errors"
	"io"
)

// zlibStream inflates, piece by piece, what is too large to be held or of a size that is not known; it is made ready
// when first used.
type zlibStream struct {
	reader io.ReadCloser
	buffer []byte
}

// byteSource is what can be read byte by byte, so that not one more is taken than an object has.
type byteSource interface {
	io.Reader
	io.ByteReader
}

func (z *zlibStream) start(source byteSource) (err error) {
	if z.reader == nil {
		z.reader, err = zlib.NewReader(source)
		return err
	}
	return z.reader.(zlib.Resetter).Reset(source, nil)
}

// rest fills content with what is left of the stream.
func (z *zlibStream) rest(content []byte) error {
	if _, err := io.ReadFull(z.reader, content); err != nil {
		return err
	}
	return z.finish()
}

// copy hands size bytes on, piece by piece.
func (z *zlibStream) copy(source byteSource, size int64, into io.Writer) error {
	if err := z.start(source); err != nil {
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
		return errWrongSize
	}
	return z.finish()
}

// finish reads the end of the stream, at which its checksum is compared.
func (z *zlibStream) finish() error {
	var more [1]byte
	switch n, err := z.reader.Read(more[:]); {
	case n > 0:
		return errWrongSize
	case err == nil:
		return z.finish()
	case err != io.EOF:
		return err
	}
	return nil
}

// errWrongSize: an object is longer or shorter than it says.
var errWrongSize = errors.New("an object has not the size that it says")

// whileOpen lets pieces pass until the context ends: few bytes may inflate to very many.
func whileOpen(ctx context.Context, into io.Writer) io.Writer {
	return writerFunc(func(piece []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return into.Write(piece)
	})
}

// writerFunc makes a function a writer.
type writerFunc func([]byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(piece []byte) (int, error) { return f(piece) }

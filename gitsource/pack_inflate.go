package gitsource

import (
	"compress/zlib"
	"context"
	"errors"
	"io"
)

// inflater inflates one object after another; it is made ready when first used.
type inflater struct {
	stream io.ReadCloser
	buffer []byte
}

// byteSource is what can be read byte by byte, so that not one more is taken than an object has.
type byteSource interface {
	io.Reader
	io.ByteReader
}

func (i *inflater) start(source byteSource) (err error) {
	if i.stream == nil {
		i.stream, err = zlib.NewReader(source)
		return err
	}
	return i.stream.(zlib.Resetter).Reset(source, nil)
}

// into fills content, which has the size that the object must have.
func (i *inflater) into(source byteSource, content []byte) error {
	if err := i.start(source); err != nil {
		return err
	}
	return i.rest(content)
}

// rest fills content with what is left of the stream.
func (i *inflater) rest(content []byte) error {
	if _, err := io.ReadFull(i.stream, content); err != nil {
		return err
	}
	return i.finish()
}

// copy hands size bytes on, piece by piece.
func (i *inflater) copy(source byteSource, size int64, into io.Writer) error {
	if err := i.start(source); err != nil {
		return err
	}
	if i.buffer == nil {
		i.buffer = make([]byte, 32<<10)
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{into}, io.LimitReader(i.stream, size), i.buffer)
	switch {
	case err != nil:
		return err
	case n < size:
		return errWrongSize
	}
	return i.finish()
}

// finish reads the end of the stream, at which its checksum is compared.
func (i *inflater) finish() error {
	var more [1]byte
	switch n, err := i.stream.Read(more[:]); {
	case n > 0:
		return errWrongSize
	case err == nil:
		return i.finish()
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

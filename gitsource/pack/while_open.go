package pack

import (
	"context"
	"io"
)

// whileOpen is a writer that fails when the context has ended: a few bytes may inflate to very many.
func whileOpen(ctx context.Context, into io.Writer) io.Writer {
	return writerFunc(func(piece []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return into.Write(piece)
	})
}

// writerFunc is a function that is a writer.
type writerFunc func([]byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(piece []byte) (int, error) { return f(piece) }

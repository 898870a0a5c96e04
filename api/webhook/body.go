package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

const (
	// maxBody bounds the body of a delivery, in bytes; GitHub sends no larger ones.
	maxBody = 25 << 20
	// largeBody is the size, in bytes, from which on one body is kept at a time: anyone may send large bodies, hundreds
	// at once and slowly. Most pushes are smaller.
	largeBody = 16 << 10
)

// Memory lends the memory that one large body at a time is kept in.
type Memory interface {
	// Borrow returns the memory, of any length and capacity and with any content, and true. It returns false at once
	// while somebody else has it, when ctx ends and when the service stops.
	Borrow(ctx context.Context) ([]byte, bool)
	// Return gives back what Borrow gave, or a larger piece that was made in its place. It must be called once after
	// each Borrow that returned true, whatever happened meanwhile.
	Return(memory []byte)
}

// loan is the memory that a delivery has borrowed; the zero loan has borrowed nothing.
type loan struct {
	lent   bool
	memory []byte
}

// end gives the memory back. The delivery's body must not be used after that.
func (l *loan) end(memory Memory) {
	if l.lent {
		memory.Return(l.memory)
	}
}

// readBody reads a body to its end, lets the proof see all of it, and returns it. A large body is kept in what the loan
// borrows; where somebody else has borrowed that it is read and not kept, and nil is returned.
func (r *Receiver) readBody(w http.ResponseWriter, request *http.Request, p *proof, l *loan) ([]byte, *Refusal) {
	from := io.TeeReader(http.MaxBytesReader(w, request.Body, maxBody), p)
	var start bytes.Buffer
	n, err := io.CopyN(&start, from, largeBody)
	if n < largeBody {
		return start.Bytes(), bodyRefusal(withoutEnd(err))
	}
	l.memory, l.lent = r.memory.Borrow(request.Context())
	if !l.lent {
		_, err = io.Copy(io.Discard, from)
		return nil, bodyRefusal(err)
	}
	kept := bytes.NewBuffer(l.memory[:0])
	err = keep(kept, io.MultiReader(&start, from), request.ContentLength)
	l.memory = kept.Bytes()
	return l.memory, bodyRefusal(err)
}

// keep reads a large body to its end. The buffer gets its size in two steps: it gets room for the first megabyte, and
// room for the rest when that megabyte has come, so that a sender who only says that much follows costs little. A buffer
// that grows bit by bit would leave twice its size behind as garbage. The length is what the sender says, or negative where
// it says none.
func keep(kept *bytes.Buffer, from io.Reader, length int64) error {
	const first = 1 << 20
	if length < 0 {
		length = maxBody
	}
	for _, size := range []int64{min(length, first), length} {
		kept.Grow(int(size) - kept.Len() + bytes.MinRead) // without MinRead more it would grow when it reads the end
		if _, err := io.CopyN(kept, from, size-int64(kept.Len())); err != nil {
			return withoutEnd(err)
		}
	}
	_, err := io.Copy(kept, from) // there is no more, and MaxBytesReader tells where there is
	return err
}

// withoutEnd returns nil for the end of a body, which io.CopyN tells as an error.
func withoutEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

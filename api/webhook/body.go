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
	// largeBody is the size, in bytes, from which on only one body at a time is in memory: anyone may send large
	// bodies, hundreds at once and slowly. Most pushes are smaller.
	largeBody = 16 << 10
)

// Memory lends the memory for one large body at a time.
type Memory interface {
	// Borrow returns the memory, of any length and capacity and with any content, and true. It returns false at once if
	// the memory is lent already, and when ctx ends or the service stops.
	Borrow(ctx context.Context) ([]byte, bool)
	// Return gives back the memory, or a larger piece that replaces it. It must be called once after each Borrow that
	// returned true, after an error too.
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

// readBody reads a body to its end, writes all of it to the proof, and returns it. For a large body it borrows the
// memory. If the memory is lent already, it reads a large body without keeping it, and returns nil, as for a sender
// whose bodies nobody needs. It refuses a body that it cannot keep if the proof needs it in whole.
func (r *Receiver) readBody(
	w http.ResponseWriter, request *http.Request, s *sender, p proof, l *loan,
) ([]byte, *Refusal) {
	from := io.TeeReader(http.MaxBytesReader(w, request.Body, maxBody), p)
	if s.pushes == nil && !s.whole {
		_, err := io.Copy(io.Discard, from)
		return nil, bodyRefusal(err)
	}
	var start bytes.Buffer
	if length := min(request.ContentLength, largeBody); length > 0 {
		start.Grow(int(length) + bytes.MinRead) // one piece; a buffer that doubles would end at twice the size
	}
	n, err := io.CopyN(&start, from, largeBody)
	if n < largeBody {
		return start.Bytes(), bodyRefusal(withoutEnd(err))
	}
	l.memory, l.lent = r.memory.Borrow(request.Context())
	if !l.lent && s.whole {
		return nil, &Refusal{TooLarge, "another large delivery is being read, and this one is only verified in whole: " +
			"let the webhook's query ask for less than 16 KiB"}
	}
	if !l.lent {
		_, err = io.Copy(io.Discard, from)
		return nil, bodyRefusal(err)
	}
	kept := bytes.NewBuffer(l.memory[:0])
	err = keep(kept, io.MultiReader(&start, from), request.ContentLength)
	l.memory = kept.Bytes()
	return l.memory, bodyRefusal(err)
}

// keep reads a large body to its end. The buffer grows in two steps: room for the first megabyte, and room for the rest
// when that megabyte has come, so that a sender who only announces much costs little. A buffer that grows bit by bit
// would leave twice its size behind as garbage. The length is negative if the sender did not give it.
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

// withoutEnd returns nil for io.EOF, which io.CopyN returns at the end of a body.
func withoutEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

package transport

import (
	"bufio"
	"io"

	"mooring/gitsource/fault"
	"mooring/gitsource/pktline"
)

// httpAnswer is the body of an answer.
type httpAnswer struct {
	*bufio.Reader
	body io.ReadCloser
}

func newHTTPAnswer(body io.ReadCloser) httpAnswer {
	return httpAnswer{bufio.NewReaderSize(httpBody{body}, pktline.MaxSize), body}
}

// httpBody reads the body of an answer. Errors in its middle become the same failures as those at its beginning.
type httpBody struct{ io.Reader }

// Read implements io.Reader.
func (b httpBody) Read(into []byte) (int, error) {
	n, err := b.Reader.Read(into)
	if err != nil && !fault.IsCutShort(err) {
		err = httpFailure(err)
	}
	return n, err
}

// End releases the answer. A whole answer is read to its end, which is near, because only then net/http keeps the
// connection.
func (a httpAnswer) End(whole bool) {
	if whole {
		release(a.body)
		return
	}
	a.body.Close()
}

// maxLeftover is how many bytes of an answer are read only to keep its connection.
const maxLeftover = 64 << 10

// release reads what little may be left of a body, and closes it.
func release(body io.ReadCloser) {
	// An error concerns the connection alone: it is not used again.
	_, _ = io.CopyN(io.Discard, body, maxLeftover)
	body.Close()
}

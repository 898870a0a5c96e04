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

// httpBody reads the body of an answer. It makes the same failures of an error in the middle as of one at the
// beginning.
type httpBody struct{ io.Reader }

// Read implements io.Reader.
func (b httpBody) Read(into []byte) (int, error) {
	n, err := b.Reader.Read(into)
	if err != nil && !fault.IsCutShort(err) {
		err = httpFailure(err)
	}
	return n, err
}

// End releases the answer. It reads the last bytes of a whole answer, because only then net/http keeps the connection.
func (a httpAnswer) End(whole bool) {
	if whole {
		release(a.body)
		return
	}
	a.body.Close()
}

// maxLeftover is how many bytes of an answer are read only to keep its connection.
const maxLeftover = 64 << 10

// release reads the last bytes of a body, and closes it.
func release(body io.ReadCloser) {
	// After an error net/http does not use the connection again, so the error can be ignored.
	_, _ = io.CopyN(io.Discard, body, maxLeftover)
	body.Close()
}

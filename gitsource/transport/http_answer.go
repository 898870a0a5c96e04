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

// httpBody makes what goes wrong in the middle of an answer an error of the host, as at its beginning.
type httpBody struct{ io.Reader }

// Read implements io.Reader.
func (b httpBody) Read(into []byte) (int, error) {
	n, err := b.Reader.Read(into)
	if err != nil && !fault.IsCutShort(err) {
		err = httpFailure(err)
	}
	return n, err
}

// End reads to the end where that is near, for only then is the connection kept.
func (a httpAnswer) End(whole bool) {
	if whole {
		release(a.body)
		return
	}
	a.body.Close()
}

// maxLeftover is how much of an answer is read only to keep its connection.
const maxLeftover = 64 << 10

func release(body io.ReadCloser) {
	// What goes wrong here concerns the connection alone: it is not used again.
	_, _ = io.CopyN(io.Discard, body, maxLeftover)
	body.Close()
}

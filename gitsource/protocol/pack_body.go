package protocol

import "io"

// packBody is the pack of one answer, from its first byte on. Its Read ends with io.EOF where the answer ends properly.
type packBody struct {
	bytes  io.Reader
	answer Answer
	// explain makes an error of the answer a failure.
	explain func(error) error
	// once tells that the conversation ends with this answer.
	once  bool
	ended bool
}

// Read implements io.Reader.
func (b *packBody) Read(into []byte) (int, error) {
	n, err := b.bytes.Read(into)
	if err == io.EOF {
		b.ended = true
		return n, io.EOF
	}
	if err != nil {
		return n, b.explain(err)
	}
	return n, nil
}

// Close releases the answer. Only where that was read to io.EOF the connection is used again: what is left of a pack
// that nobody wants may be without end.
func (b *packBody) Close() error {
	if b.answer != nil {
		b.answer.End(b.ended && !b.once)
		b.answer = nil
	}
	return nil
}

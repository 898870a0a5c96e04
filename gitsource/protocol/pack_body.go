package protocol

import "io"

// packBody is the pack in an answer. Read returns io.EOF only if the answer is complete.
type packBody struct {
	bytes  io.Reader
	answer Answer
	// explain turns an error of the answer into a failure.
	explain func(error) error
	// once tells that the connection cannot be used after this answer.
	once bool
	// ended tells that Read has returned io.EOF.
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

// Close releases the answer. The connection is used again only if the answer was read to io.EOF: the rest of a pack may
// be endless.
func (b *packBody) Close() error {
	if b.answer != nil {
		b.answer.End(b.ended && !b.once)
		b.answer = nil
	}
	return nil
}

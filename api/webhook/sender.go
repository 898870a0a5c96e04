package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"net/http"
)

// sender describes the deliveries of one kind of Git host.
type sender struct {
	// idHeader is the header that carries a delivery's id.
	idHeader string
	// proof reads the proof from the header. The proof holds if it matches the body with any of the keys.
	proof func(header http.Header, keys []string) (*proof, *Refusal)
	// mismatch is the sentence for a delivery with this header whose proof does not hold.
	mismatch func(header http.Header) string
	// push returns the push that a delivery announces, or the zero push if it announces none. If the delivery needs no
	// refresh, it returns the reason. It may change the body.
	push func(header http.Header, body []byte) (p push, ignored string)
}

// proof is an HMAC-SHA256 of the body with one of the keys (RFC 2104), as the sender gave it. The body is written to it
// as it arrives.
type proof struct {
	digest []byte
	macs   []hash.Hash // one for each key
}

func newProof(digest []byte, keys []string) *proof {
	p := &proof{digest: digest}
	for _, key := range keys {
		p.macs = append(p.macs, hmac.New(sha256.New, []byte(key)))
	}
	return p
}

// Write implements io.Writer; it never fails.
func (p *proof) Write(part []byte) (int, error) {
	for _, mac := range p.macs {
		mac.Write(part)
	}
	return len(part), nil
}

// holds tells whether the digest is that of the written body with one of the keys. It takes the same time for every
// result: it compares each digest in constant time, and tries every key.
func (p *proof) holds() bool {
	good := false
	for _, mac := range p.macs {
		good = hmac.Equal(mac.Sum(nil), p.digest) || good
	}
	return good
}

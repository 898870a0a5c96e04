package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"net/http"
)

// sender is a kind of Git host: what its deliveries look like.
type sender struct {
	// idHeader is the header that carries a delivery's id.
	idHeader string
	// proof returns what the header says must hold for the body, with any of the keys.
	proof func(header http.Header, keys []string) (*proof, *Refusal)
	// mismatch is the sentence for a proof that does not hold.
	mismatch string
	// push returns the push that a delivery tells of, the zero one where it tells of something else, or the reason why
	// the delivery asks for nothing. The body may be changed.
	push func(header http.Header, body []byte) (p push, ignored string)
}

// proof is an HMAC-SHA256 that must come out when the body is hashed with one of the keys (RFC 2104). The body is
// written to it as it arrives.
type proof struct {
	digest []byte
	macs   []hash.Hash // one a key
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

// holds tells whether one of the keys made the digest from what was written. It takes the same time whatever the
// answer: each digest is compared in constant time, and every key is tried.
func (p *proof) holds() bool {
	good := false
	for _, mac := range p.macs {
		good = hmac.Equal(mac.Sum(nil), p.digest) || good
	}
	return good
}

package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"
)

// proof is what a delivery's header proves the body with.
type proof interface {
	// The body is written to the proof as it arrives. Write never fails.
	io.Writer
	// holds tells whether the proof matches. The body is given only to proofs that need it in whole.
	holds(body []byte) bool
}

// digest is an HMAC-SHA256.
type digest [sha256.Size]byte

// signed is a proof by HMAC-SHA256 (RFC 2104) with one of the keys.
type signed struct {
	digests []digest    // as the sender gave them; one must match
	macs    []hash.Hash // one for each key
}

// newSigned returns a proof by digests of a text and the body after it.
func newSigned(before string, digests []digest, keys [][]byte) *signed {
	s := &signed{digests: digests, macs: make([]hash.Hash, 0, len(keys))}
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		io.WriteString(mac, before)
		s.macs = append(s.macs, mac)
	}
	return s
}

// Write implements io.Writer.
func (s *signed) Write(part []byte) (int, error) {
	for _, mac := range s.macs {
		mac.Write(part)
	}
	return len(part), nil
}

// holds tries every digest with every key, and compares in constant time. So it takes the same time for every result.
func (s *signed) holds([]byte) bool {
	good := 0
	var sum digest
	for _, mac := range s.macs {
		mac.Sum(sum[:0])
		for i := range s.digests {
			good |= subtle.ConstantTimeCompare(sum[:], s.digests[i][:])
		}
	}
	return good == 1
}

// shown is the proof of a delivery that has shown the secret itself. It says nothing about the body.
type shown struct{}

// Write implements io.Writer.
func (shown) Write(part []byte) (int, error) { return len(part), nil }

func (shown) holds([]byte) bool { return true }

// showsSecret returns the proof for a text that must be one of the keys. It compares in constant time, and digests in
// place of the texts, so that not even a length is told. What names the text in the refusal.
func showsSecret(text, what string, keys [][]byte) (proof, *Refusal) {
	given := sha256.Sum256([]byte(text))
	good := 0
	for _, key := range keys {
		wanted := sha256.Sum256(key)
		good |= subtle.ConstantTimeCompare(given[:], wanted[:])
	}
	if good != 1 {
		return nil, &Refusal{InvalidProof, what + " is not WEBHOOK_SECRET"}
	}
	return shown{}, nil
}

// one returns the value of a header that must be there once. The reason is the one for a header without a value.
func one(header http.Header, name string, reason Reason) (string, *Refusal) {
	values := header.Values(name)
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return "", &Refusal{reason, "the header " + name + " is missing"}
	case len(values) > 1:
		return "", &Refusal{InvalidProof, "send one " + name + " header"}
	}
	return values[0], nil
}

// hexProof returns a function for sender.prove: the proof is the HMAC-SHA256 of the body in 64 hex digits of either
// case, after a prefix, in one value of the header.
func hexProof(name, prefix string) func(http.Header, [][]byte, time.Time) (proof, *Refusal) {
	return func(header http.Header, keys [][]byte, _ time.Time) (proof, *Refusal) {
		value, refusal := one(header, name, MissingProof)
		if refusal != nil {
			return nil, refusal
		}
		given := make([]digest, 1)
		if !decodeHex(value, prefix, &given[0]) {
			return nil, &Refusal{InvalidProof, name + " must be " + prefix + " and 64 hex digits"}
		}
		return newSigned("", given, keys), nil
	}
}

// decodeHex reads a prefix and 64 hex digits.
func decodeHex(value, prefix string, into *digest) bool {
	digits, found := strings.CutPrefix(value, prefix)
	if !found || len(digits) != hex.EncodedLen(len(into)) {
		return false
	}
	_, err := hex.Decode(into[:], []byte(digits))
	return err == nil
}

// decodeBase64 reads base64 in the standard alphabet (RFC 4648, 4), with or without padding.
func decodeBase64(text string) ([]byte, bool) {
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	return decoded, err == nil
}

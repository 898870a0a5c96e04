package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"io"
	"net/http"
)

const (
	// maxDeliveryBody bounds the body of a delivery, in bytes; GitHub sends no larger ones.
	maxDeliveryBody = 25 << 20
	// largeDelivery is from how many bytes on bodies are kept one at a time: anyone may send them, hundreds at once and as
	// slowly as they like. Most pushes are smaller.
	largeDelivery = 64 << 10
)

// readSigned reads a body, which its reader bounds, to the end and returns it when one of the keys made its signature:
// HMAC-SHA256 of the raw bytes, compared in constant time. The length is what its sender says of it, negative where that
// is nothing. The body is whole, or nil for a large one while another large one is kept: such a delivery asks for a
// refresh that expects no revision, whatever ref it is for. The caller releases the body when it is done with it.
func (s *Server) readSigned(
	from io.Reader, length int64, keys []string, signature []byte,
) ([]byte, func(), error) {
	macs := make([]hash.Hash, len(keys))
	writers := make([]io.Writer, len(keys))
	for i, key := range keys {
		macs[i] = hmac.New(sha256.New, []byte(key))
		writers[i] = macs[i]
	}
	body, release, err := s.keepBody(io.TeeReader(from, io.MultiWriter(writers...)), length)
	if err != nil {
		return nil, release, err
	}
	good := false
	for _, mac := range macs {
		good = hmac.Equal(mac.Sum(nil), signature) || good // no key is left out because another one fits
	}
	if !good {
		return nil, release, invalidSignature("the signature is not one that WEBHOOK_SECRET makes for this body")
	}
	return body, release, nil
}

// keepBody reads to the end and keeps what it reads: beyond the first part only when there is room.
func (s *Server) keepBody(from io.Reader, length int64) ([]byte, func(), error) {
	release := func() {}
	var kept bytes.Buffer
	n, err := io.CopyN(&kept, from, largeDelivery)
	if n < largeDelivery {
		if err == io.EOF {
			err = nil
		}
		return kept.Bytes(), release, deliveryFault(err)
	}
	select {
	case s.largec <- struct{}{}:
		release = func() { <-s.largec }
		if length > n && length <= maxDeliveryBody {
			// In one go: a buffer that grows leaves twice as much behind. MinRead more, or it would grow at the very end.
			kept.Grow(int(length-n) + bytes.MinRead)
		}
		_, err = io.Copy(&kept, from)
		return kept.Bytes(), release, deliveryFault(err)
	default:
		_, err = io.Copy(io.Discard, from)
		return nil, release, deliveryFault(err)
	}
}

func tooLarge() error {
	return fault{http.StatusRequestEntityTooLarge, codePayloadTooLarge, "the body is larger than 25 MiB"}
}

func deliveryFault(err error) error { return bodyFault(err, "25 MiB") }

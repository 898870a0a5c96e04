package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"io"
	"net/http"
	"weak"
)

const (
	// maxDeliveryBody bounds the body of a delivery, in bytes; GitHub sends no larger ones.
	maxDeliveryBody = 25 << 20
	// largeDelivery is from how many bytes on bodies are kept one at a time: anyone may send them, hundreds at once and as
	// slowly as they like. Most pushes are smaller.
	largeDelivery = 64 << 10
)

// largeRoom is the memory that the last large delivery was kept in, until it is collected. Large deliveries that follow
// one another take the memory of one, however late the collector comes.
type largeRoom = weak.Pointer[[]byte]

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
	case place := <-s.largec:
		room := place.Value()
		if room == nil {
			room = new([]byte)
		}
		release = func() { s.giveBack(weak.Make(room)) }
		*room, err = readLarge(io.MultiReader(&kept, from), length, *room)
		return *room, release, deliveryFault(err)
	default:
		_, err = io.Copy(io.Discard, from)
		return nil, release, deliveryFault(err)
	}
}

// giveBack leaves the room to the next large delivery.
func (s *Server) giveBack(room largeRoom) {
	select {
	case s.largec <- room:
	default: // never: the channel is empty while somebody holds the room
	}
}

// readLarge reads a large body to the end, into room where that is enough. The length is believed, and one that is not
// told counts as the largest there may be once much has come: a buffer that grows leaves twice as much behind.
func readLarge(from io.Reader, length int64, room []byte) ([]byte, error) {
	kept := bytes.NewBuffer(room[:0])
	if length < 0 {
		length = maxDeliveryBody
		const much = 1 << 20
		if n, err := io.CopyN(kept, from, much); n < much {
			if err == io.EOF {
				err = nil
			}
			return kept.Bytes(), err
		}
	}
	kept.Grow(int(length) - kept.Len() + bytes.MinRead) // MinRead more, or it would grow at the very end
	_, err := io.Copy(kept, from)
	return kept.Bytes(), err
}

func tooLarge() error {
	return fault{http.StatusRequestEntityTooLarge, codePayloadTooLarge, "the body is larger than 25 MiB"}
}

func deliveryFault(err error) error { return bodyFault(err, "25 MiB") }

package gitsource

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Git's wire format is a row of packets, each with its length in four hex digits before it (gitprotocol-common,
// section "pkt-line Format"); a few lengths below four are marks.

// packetKind tells a packet with data from the marks.
type packetKind int

const (
	// packetFlush, "0000", ends a message.
	packetFlush packetKind = 0
	// packetDelimiter, "0001", stands between the sections of a message.
	packetDelimiter packetKind = 1
	// packetData has a payload, which may be empty.
	packetData packetKind = 4
)

// maxPacket is the longest packet, with its length field (gitprotocol-common).
const maxPacket = 65520

// maxListing bounds what a host says in packets before a pack, or without one: a greeting, acknowledgments, a list of
// some 500,000 refs.
const maxListing = 64 << 20

// packetReader reads packets, and never a byte beyond the last one it was asked for. One goroutine owns it.
type packetReader struct {
	source io.Reader
	// budget is how many more bytes may come before the answer counts as endless.
	budget int64
	buffer []byte
}

func newPacketReader(source io.Reader, budget int64) *packetReader {
	return &packetReader{source: source, budget: budget}
}

// header reads a packet's length field: its kind, and how long its payload is.
func (r *packetReader) header() (packetKind, int, error) {
	var digits [4]byte
	if _, err := io.ReadFull(r.source, digits[:]); err != nil {
		return 0, 0, cutShort(err)
	}
	length := 0
	for _, digit := range digits {
		value := hexValue(digit)
		if value < 0 {
			return 0, 0, malformed("it is not Git's protocol")
		}
		length = length<<4 | value
	}
	kind := packetKind(min(length, int(packetData)))
	if kind != packetFlush && kind != packetDelimiter && kind != packetData || length > maxPacket {
		return 0, 0, malformed("it has a packet of a length that Git does not know")
	}
	length = max(length, len(digits))
	r.budget -= int64(length)
	if r.budget < 0 {
		return 0, 0, malformed("it does not come to an end")
	}
	return kind, length - len(digits), nil
}

func hexValue(digit byte) int {
	switch {
	case '0' <= digit && digit <= '9':
		return int(digit - '0')
	case 'a' <= digit && digit <= 'f':
		return int(digit-'a') + 10
	case 'A' <= digit && digit <= 'F':
		return int(digit-'A') + 10
	}
	return -1
}

// next reads a whole packet. The payload is valid until the next call.
func (r *packetReader) next() (packetKind, []byte, error) {
	kind, size, err := r.header()
	if err != nil || kind != packetData {
		return kind, nil, err
	}
	if cap(r.buffer) < size {
		r.buffer = make([]byte, max(size, 1024))
	}
	payload := r.buffer[:size]
	if _, err := io.ReadFull(r.source, payload); err != nil {
		return 0, nil, cutShort(err)
	}
	return kind, payload, nil
}

// line reads a packet of text, without its newline. A packet by which the host reports an error becomes that error
// (gitprotocol-pack, section "pkt-line Format": "ERR").
func (r *packetReader) line() (packetKind, string, error) {
	kind, payload, err := r.next()
	if err != nil {
		return kind, "", err
	}
	if text, found := bytes.CutPrefix(payload, []byte("ERR ")); found {
		return kind, "", &hostError{text: string(text)}
	}
	return kind, string(bytes.TrimSuffix(payload, []byte("\n"))), nil
}

// cutShort makes an end before the end an error that says so.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

const (
	flushPacket     = "0000"
	delimiterPacket = "0001"
)

// packet makes a packet of the payload.
func packet(payload string) string { return fmt.Sprintf("%04x%s", len(payload)+4, payload) }

// appendPacket appends a packet with a line of text to a request.
func appendPacket(request *bytes.Buffer, text string) {
	fmt.Fprintf(request, "%04x%s\n", len(text)+5, text)
}

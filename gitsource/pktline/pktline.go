package pktline

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"mooring/gitsource/fault"
)

// Git's wire format is a row of packets, each with its length in four hex digits before it (gitprotocol-common,
// section "pkt-line Format"); a few lengths below four are marks.

// Kind tells a packet with data from the marks.
type Kind int

const (
	// Flush, "0000", ends a message.
	Flush Kind = 0
	// Delimiter, "0001", stands between the sections of a message.
	Delimiter Kind = 1
	// Data has a payload, which may be empty.
	Data Kind = 4
)

// MaxSize is the longest packet, with its length field (gitprotocol-common).
const MaxSize = 65520

// Reader reads packets, and never a byte beyond the last one it was asked for. One goroutine owns it.
type Reader struct {
	source io.Reader
	// budget is how many more bytes may come before the answer counts as endless.
	budget int64
	buffer []byte
}

func NewReader(source io.Reader, budget int64) *Reader {
	return &Reader{source: source, budget: budget}
}

// header reads a packet's length field: its kind, and how long its payload is.
func (r *Reader) header() (Kind, int, error) {
	var digits [4]byte
	if _, err := io.ReadFull(r.source, digits[:]); err != nil {
		return 0, 0, cutShort(err)
	}
	length := 0
	for _, digit := range digits {
		value := hexValue(digit)
		if value < 0 {
			return 0, 0, fault.Malformed("it is not Git's protocol")
		}
		length = length<<4 | value
	}
	kind := Kind(min(length, int(Data)))
	if kind != Flush && kind != Delimiter && kind != Data || length > MaxSize {
		return 0, 0, fault.Malformed("it has a packet of a length that Git does not know")
	}
	length = max(length, len(digits))
	r.budget -= int64(length)
	if r.budget < 0 {
		return 0, 0, fault.Malformed("it does not come to an end")
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

// Next reads a whole packet. The payload is valid until the next call.
func (r *Reader) Next() (Kind, []byte, error) {
	kind, size, err := r.header()
	if err != nil || kind != Data {
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

// Line reads a packet of text, without its newline. A packet by which the host reports an error becomes that error
// (gitprotocol-pack, section "pkt-line Format": "ERR").
func (r *Reader) Line() (Kind, string, error) {
	kind, payload, err := r.Next()
	if err != nil {
		return kind, "", err
	}
	if text, found := bytes.CutPrefix(payload, []byte("ERR ")); found {
		return kind, "", &fault.HostError{Text: string(text)}
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
	FlushPacket     = "0000"
	DelimiterPacket = "0001"
)

// Encode makes a packet of the payload.
func Encode(payload string) string { return fmt.Sprintf("%04x%s", len(payload)+4, payload) }

// AppendLine appends a packet with a line of text to a request.
func AppendLine(request *bytes.Buffer, text string) {
	fmt.Fprintf(request, "%04x%s\n", len(text)+5, text)
}

package pktline

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"mooring/gitsource/fault"
)

// Kind says whether a packet has data or is a mark.
type Kind int

const (
	// Flush is the mark "0000", which ends a message.
	Flush Kind = 0
	// Delimiter is the mark "0001", which stands between the sections of a message.
	Delimiter Kind = 1
	// Data is a packet with a payload, which may be empty.
	Data Kind = 4
)

// MaxSize is the size of the longest packet in bytes, its length field included (gitprotocol-common).
const MaxSize = 65520

// Reader reads packets, and reads no byte of its source after the last packet. It belongs to one goroutine.
type Reader struct {
	source io.Reader
	// budget is how many more bytes are allowed. An answer with more is refused.
	budget int64
	buffer []byte
}

// NewReader makes a Reader of at most budget bytes. Its errors are a fault.ProtocolError for an invalid packet and for
// more than budget bytes, io.ErrUnexpectedEOF for an end in the middle, and those of the source.
func NewReader(source io.Reader, budget int64) *Reader {
	return &Reader{source: source, budget: budget}
}

// header reads a packet's length field. It returns the packet's kind and the length of its payload.
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

// Line reads a packet of text and returns it without its newline. A packet "ERR" is an error of the host and becomes a
// *fault.HostError (gitprotocol-pack, section "pkt-line Format").
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

// cutShort turns an io.EOF in the middle of an answer into io.ErrUnexpectedEOF.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

const (
	// FlushPacket is the mark Flush, as it is sent.
	FlushPacket = "0000"
	// DelimiterPacket is the mark Delimiter, as it is sent.
	DelimiterPacket = "0001"
)

// Encode makes a packet of a payload, which must be shorter than MaxSize.
func Encode(payload string) string { return fmt.Sprintf("%04x%s", len(payload)+4, payload) }

// AppendLine appends a packet to a request: the text, which must be shorter than MaxSize, and a newline. A request may
// have a line for each of very many objects.
func AppendLine[T string | []byte](request *bytes.Buffer, text T) {
	size := len(text) + 5
	packet := append(request.AvailableBuffer(), hex[size>>12&0xf], hex[size>>8&0xf], hex[size>>4&0xf], hex[size&0xf])
	request.Write(append(append(packet, text...), '\n'))
}

// hex are the digits of a packet's length.
const hex = "0123456789abcdef"

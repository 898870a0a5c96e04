package githost

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"testing"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// BlameTheHost fails the test unless an error blames the host, and not this program.
func BlameTheHost(t *testing.T, err error) {
	t.Helper()
	failure := fault.Of(err)
	var said *fault.HostError
	if failure.Code == actors.CodeInternal || failure.Code != actors.CodeProtocol && !errors.As(err, &said) {
		t.Fatalf("%s: %v", failure.Code, err)
	}
}

// readPacket reads one packet with a payload (gitprotocol-common, section "pkt-line Format").
func readPacket(source io.Reader) (string, error) {
	digits := make([]byte, 4)
	if _, err := io.ReadFull(source, digits); err != nil {
		return "", err
	}
	size, err := strconv.ParseUint(string(digits), 16, 16)
	if err != nil || size < 4 {
		return "", fmt.Errorf("%q is no length of a packet", digits)
	}
	payload := make([]byte, size-4)
	_, err = io.ReadFull(source, payload)
	return string(payload), err
}

// SomeID is an id in hex.
const SomeID = "1234567890123456789012345678901234567890"

// Lines makes a message of packets with these payloads; "" is a flush packet and "|" a delimiter packet.
func Lines(texts ...string) string {
	var message bytes.Buffer
	for _, text := range texts {
		switch text {
		case "":
			message.WriteString("0000")
		case "|":
			message.WriteString("0001")
		default:
			fmt.Fprintf(&message, "%04x%s", len(text)+4, text)
		}
	}
	return message.String()
}

// Repeating is a reader of the same text again and again, without end.
type Repeating struct {
	// Line is the text.
	Line string
	at   int
}

// Read implements io.Reader.
func (r *Repeating) Read(into []byte) (int, error) {
	n := copy(into, r.Line[r.at:])
	r.at = (r.at + n) % len(r.Line)
	return n, nil
}

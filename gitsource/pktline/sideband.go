package pktline

import (
	"io"

	"mooring/gitsource/fault"
)

// The side bands of an answer with a pack (gitprotocol-pack, section "Packfile Data").
const (
	bandPack     = 1
	bandProgress = 2
	bandError    = 3
)

// Sideband reads the bytes of a pack out of packets, and ends with io.EOF at the flush packet. It does not bound the
// pack: the pack's reader does that. It belongs to one goroutine.
type Sideband struct {
	packets *Reader
	// left is how many bytes of the current packet are still to be read.
	left int
	done bool
}

// NewSideband makes a Sideband for the rest of a host's answer. Its errors are those of NewReader, and a
// *fault.HostError for an error message on the third band.
func NewSideband(source io.Reader) *Sideband {
	return &Sideband{packets: NewReader(source, maxBeside)}
}

// Read implements io.Reader.
func (s *Sideband) Read(into []byte) (int, error) {
	for s.left == 0 {
		if s.done {
			return 0, io.EOF
		}
		if err := s.advance(); err != nil {
			return 0, err
		}
	}
	n, err := s.packets.source.Read(into[:min(len(into), s.left)])
	s.left -= n
	if n > 0 {
		return n, nil
	}
	return 0, cutShort(err)
}

// maxBeside is how many bytes may come beside the pack: progress, and empty packets that keep the connection alive.
const maxBeside = 64 << 20

// advance goes to the next packet, and throws progress away.
func (s *Sideband) advance() error {
	kind, size, err := s.packets.header()
	if err != nil {
		return err
	}
	switch {
	case kind == Flush:
		s.done = true
		return nil
	case kind != Data || size == 0:
		return fault.Malformed("its pack is interrupted")
	}
	var band [1]byte
	if _, err := io.ReadFull(s.packets.source, band[:]); err != nil {
		return cutShort(err)
	}
	size--
	if band[0] == bandPack {
		if s.left = size; size > 0 {
			s.packets.budget += int64(size) + 5 // the bytes of the pack do not count
		}
		return nil
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(s.packets.source, text); err != nil {
		return cutShort(err)
	}
	switch band[0] {
	case bandProgress:
		return nil
	case bandError:
		return &fault.HostError{Text: string(text), About: "The Git host gave up while it sent the pack. It says"}
	}
	return fault.Malformed("its pack is interrupted")
}

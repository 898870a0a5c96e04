package pktline

import (
	"io"

	"mooring/gitsource/fault"
)

// The side bands of an answer that carries a pack (gitprotocol-pack, section "Packfile Data").
const (
	bandPack     = 1
	bandProgress = 2
	bandError    = 3
)

// Sideband reads the bytes of a pack out of the packets that carry them, and ends with io.EOF at the flush packet. How
// many bytes of the pack come is for its reader to bound.
type Sideband struct {
	packets *Reader
	// left is how much of the current packet is still to be read.
	left int
	done bool
}

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

// maxBeside bounds what comes beside a pack: progress, and empty packets that keep the connection alive.
const maxBeside = 64 << 20

// advance goes to the next packet, and leaves out what is progress.
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
			s.packets.budget += int64(size) + 5 // it is not beside the pack
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

package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/pktline"
	"mooring/gitsource/protocol"
)

// stream is an open connection to git-upload-pack on a Git host.
type stream struct {
	io.Reader
	io.Writer
	// shut closes the connection, and waits for the goroutines that belong to it.
	shut func()
	// warning is about the way to the host, for the log; it may be empty.
	warning string
}

// dialer opens a stream and asks for the repository. Everything that it opens is closed when the context ends.
type dialer func(ctx context.Context) (stream, error)

// streamWire speaks Git's protocol over a connection that stays open (gitprotocol-pack, "Transports"). A host of
// version 2 takes any number of requests on it, and a host of version 0 takes one.
type streamWire struct {
	dial dialer
	// open is the stream, or nil while no request can be sent; reader is its buffer.
	open   *stream
	reader *bufio.Reader
	// used tells that the stream has brought the whole answer to a request.
	used bool
	// warning is that of the last stream that was opened.
	warning string
}

// IsReady implements protocol.Wire.
func (w *streamWire) IsReady() bool { return w.open != nil }

// IsStateless implements protocol.Wire.
func (w *streamWire) IsStateless() bool { return false }

// HasMoved implements protocol.Wire.
func (w *streamWire) HasMoved() bool { return false }

// Warning implements protocol.Wire.
func (w *streamWire) Warning() string { return w.warning }

// Greet opens a new connection, and waits for the first byte of the greeting.
func (w *streamWire) Greet(ctx context.Context) (protocol.Answer, error) {
	w.drop()
	opened, err := w.dial(ctx)
	if err != nil {
		return nil, err
	}
	w.warning = opened.warning
	w.open, w.reader, w.used = &opened, bufio.NewReaderSize(opened, pktline.MaxSize), false
	if _, err := w.reader.Peek(1); fault.IsCutShort(err) {
		w.drop()
		return nil, fault.New(actors.CodeProtocol, "The Git host ended the connection without a word. The repository may not "+
			"exist, or these credentials may not see it; check GIT_URL.")
	}
	return streamAnswer{Reader: w.reader, wire: w}, nil
}

// Exchange writes the request. If that fails and the host has sent an error message, the message is the error. On a
// stream that has brought an answer before, Exchange waits for the first byte of the next one: the host may have ended
// the stream.
func (w *streamWire) Exchange(_ context.Context, _ protocol.Version, request []byte) (protocol.Answer, error) {
	if w.open == nil {
		return nil, net.ErrClosed
	}
	_, err := w.open.Write(request)
	if w.used {
		if _, peekErr := w.reader.Peek(1); peekErr != nil {
			w.drop()
			return nil, fmt.Errorf("%w: %w", protocol.ErrNoAnswer, peekErr)
		}
	}
	if err == nil {
		return streamAnswer{Reader: w.reader, wire: w, isReply: true}, nil
	}
	_, _, said := pktline.NewReader(w.reader, maxErrorBody).Line()
	w.drop()
	if fault.IsHostError(said) {
		return nil, said
	}
	return nil, err
}

// Close tells the host that no request follows, so that it does not log an error, and closes the stream.
func (w *streamWire) Close() {
	if w.open != nil {
		_, _ = io.WriteString(w.open, pktline.FlushPacket)
	}
	w.drop()
}

// drop closes the stream, if it is open.
func (w *streamWire) drop() {
	if w.open != nil {
		w.open.shut()
	}
	w.open, w.reader = nil, nil
}

// streamAnswer is one answer on the stream.
type streamAnswer struct {
	*bufio.Reader
	wire *streamWire
	// isReply tells that it answers a request. The greeting does not.
	isReply bool
}

// End implements protocol.Answer. It closes the stream after an answer that was not read to its end, because the rest
// of the answer is still on the stream.
func (a streamAnswer) End(whole bool) {
	if !whole {
		a.wire.drop()
	}
	a.wire.used = a.wire.used || a.isReply
}

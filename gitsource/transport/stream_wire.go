package transport

import (
	"bufio"
	"context"
	"io"
	"net"

	"mooring/gitsource/fault"
	"mooring/gitsource/pktline"
	"mooring/gitsource/protocol"
)

// stream is an open connection to git-upload-pack on a Git host.
type stream struct {
	io.Reader
	io.Writer
	// shut closes the connection, and waits for what belongs to it.
	shut func()
}

// dialer opens a stream and has sent what asks for the repository. Everything that it opens ends with the context.
type dialer func(ctx context.Context) (stream, error)

// streamWire speaks Git's protocol over a connection that stays open (gitprotocol-pack, "Transports"): version 2 takes
// any number of requests, version 0 one.
type streamWire struct {
	dial dialer
	// open is the stream while requests can be sent over it; reader reads it.
	open   *stream
	reader *bufio.Reader
}

func (w *streamWire) IsReady() bool { return w.open != nil }

func (w *streamWire) IsStateless() bool { return false }

func (w *streamWire) HasMoved() bool { return false }

// Greet opens a new connection.
func (w *streamWire) Greet(ctx context.Context) (protocol.Answer, error) {
	w.drop()
	opened, err := w.dial(ctx)
	if err != nil {
		return nil, err
	}
	w.open, w.reader = &opened, bufio.NewReaderSize(opened, pktline.MaxSize)
	return streamAnswer{w.reader, w}, nil
}

// Exchange writes the request. A host that gives up while it reads still says why: that is read, too.
func (w *streamWire) Exchange(_ context.Context, _ protocol.Version, request []byte) (protocol.Answer, error) {
	if w.open == nil {
		return nil, net.ErrClosed
	}
	_, err := w.open.Write(request)
	if err == nil {
		return streamAnswer{w.reader, w}, nil
	}
	_, _, said := pktline.NewReader(w.reader, maxErrorBody).Line()
	w.drop()
	if fault.IsHostError(said) {
		return nil, said
	}
	return nil, err
}

// Close says that no request follows, so that the host does not take the end for an accident.
func (w *streamWire) Close() {
	if w.open != nil {
		_, _ = io.WriteString(w.open, pktline.FlushPacket)
	}
	w.drop()
}

func (w *streamWire) drop() {
	if w.open != nil {
		w.open.shut()
	}
	w.open, w.reader = nil, nil
}

// streamAnswer is an answer's share of the stream.
type streamAnswer struct {
	*bufio.Reader
	wire *streamWire
}

func (a streamAnswer) End(whole bool) {
	if !whole {
		a.wire.drop()
	}
}

package gitsource

import (
	"bufio"
	"context"
	"io"
	"net"
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

func (w *streamWire) isReady() bool { return w.open != nil }

func (w *streamWire) stateless() bool { return false }

func (w *streamWire) moved() bool { return false }

// greet opens a new connection.
func (w *streamWire) greet(ctx context.Context) (answer, error) {
	w.drop()
	opened, err := w.dial(ctx)
	if err != nil {
		return nil, err
	}
	w.open, w.reader = &opened, bufio.NewReaderSize(opened, maxPacket)
	return streamAnswer{w.reader, w}, nil
}

// exchange writes the request. A host that gives up while it reads still says why: that is read, too.
func (w *streamWire) exchange(_ context.Context, _ protocolVersion, request []byte) (answer, error) {
	if w.open == nil {
		return nil, net.ErrClosed
	}
	_, err := w.open.Write(request)
	if err == nil {
		return streamAnswer{w.reader, w}, nil
	}
	_, _, said := newPacketReader(w.reader, maxErrorBody).line()
	w.drop()
	if isHostError(said) {
		return nil, said
	}
	return nil, err
}

// close says that no request follows, so that the host does not take the end for an accident.
func (w *streamWire) close() {
	if w.open != nil {
		_, _ = io.WriteString(w.open, flushPacket)
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

func (a streamAnswer) end(whole bool) {
	if !whole {
		a.wire.drop()
	}
}

// gitDialer connects to a git daemon (gitprotocol-pack, "Git Transport").
func gitDialer(at endpoint) dialer {
	return func(ctx context.Context) (stream, error) {
		conn, err := dialTCP(ctx, at.address("9418"))
		if err != nil {
			return stream{}, err
		}
		request := uploadPack + " " + at.path + "\x00host=" + at.host + "\x00\x00version=2\x00"
		if _, err := io.WriteString(conn, packet(request)); err != nil {
			conn.shut()
			return stream{}, err
		}
		return stream{conn, conn, conn.shut}, nil
	}
}

// contextConn is a connection that is closed when a context ends: whatever waits for it then comes back.
type contextConn struct {
	net.Conn
	stop func() bool
}

func dialTCP(ctx context.Context, address string) (contextConn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return contextConn{}, err
	}
	return contextConn{conn, context.AfterFunc(ctx, func() { conn.Close() })}, nil
}

func (c contextConn) shut() {
	c.stop()
	c.Conn.Close()
}

package transport

import (
	"context"
	"net"
)

// contextConn is a connection that is closed when a context ends. A read or write that waits then returns an error.
type contextConn struct {
	net.Conn
	stop func() bool
}

func dialTCP(ctx context.Context, address string) (contextConn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return contextConn{}, err
	}
	// Runs when ctx ends, unless shut was called before. Nobody waits for it: to close a connection takes no time.
	return contextConn{conn, context.AfterFunc(ctx, func() { conn.Close() })}, nil
}

// shut closes the connection, and no longer waits for the end of the context.
func (c contextConn) shut() {
	c.stop()
	c.Conn.Close()
}

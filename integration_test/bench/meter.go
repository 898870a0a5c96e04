package main

import (
	"net"
)

// traffic is what went over the wire.
type traffic struct {
	requests int
	// bytes are those of both directions, headers included; what TCP adds is not.
	bytes int64
}

// meter counts traffic. It is a channel that always holds the one current value, or nothing while somebody changes it:
// whoever has taken the value out owns it until it is put back.
type meter chan traffic

func newMeter() meter {
	m := make(meter, 1)
	m <- traffic{}
	return m
}

func (m meter) add(requests int, bytes int64) {
	now := <-m
	now.requests += requests
	now.bytes += bytes
	m <- now
}

func (m meter) read() traffic {
	now := <-m
	m <- now
	return now
}

// meteredListener counts the bytes of the connections that it accepts.
type meteredListener struct {
	net.Listener
	meter meter
}

func (l meteredListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return meteredConn{connection, l.meter}, nil
}

type meteredConn struct {
	net.Conn
	meter meter
}

func (c meteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meter.add(0, int64(n))
	return n, err
}

// Write counts before it writes, so that whoever has read an answer finds it counted.
func (c meteredConn) Write(p []byte) (int, error) {
	c.meter.add(0, int64(len(p)))
	return c.Conn.Write(p)
}

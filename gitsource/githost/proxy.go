package githost

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"testing"
)

// Proxy makes tunnels to one address, whatever host a client names. So the host of a test may have a name that nothing
// resolves.
type Proxy struct {
	// Address is where it listens, as host:port.
	Address string
	// Asked has each host that a client has named, as host:port; it holds a few.
	Asked <-chan string
}

// ServeCONNECT makes a proxy that speaks HTTP, over TLS if there is a configuration. If answer is not empty, it is
// written to a client in place of a tunnel.
func ServeCONNECT(t *testing.T, to, answer string, secured *tls.Config) Proxy {
	t.Helper()
	asked := make(chan string, 100)
	return Proxy{Listen(t, func(conn net.Conn) {
		if secured != nil {
			conn = tls.Server(conn, secured)
		}
		reader := bufio.NewReader(conn)
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		offer(asked, request.Host)
		if answer != "" {
			_, _ = io.WriteString(conn, answer)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		join(conn, reader, to)
	}), asked}
}

// SOCKSOptions are the properties of a proxy that speaks SOCKS 5.
type SOCKSOptions struct {
	// User and Password are needed if they are set.
	User, Password string
	// Reply is the answer to a request (RFC 1928, section 6); 0 is success.
	Reply byte
}

// ServeSOCKS makes a proxy that speaks SOCKS 5 (RFC 1928, RFC 1929).
func ServeSOCKS(t *testing.T, to string, options SOCKSOptions) Proxy {
	t.Helper()
	asked := make(chan string, 100)
	return Proxy{Listen(t, func(conn net.Conn) {
		if host, ok := acceptSOCKS(conn, options); ok {
			offer(asked, host)
			_, _ = conn.Write([]byte{5, options.Reply, 0, 1, 0, 0, 0, 0, 0, 0})
			if options.Reply == 0 {
				join(conn, conn, to)
			}
		}
	}), asked}
}

// acceptSOCKS reads a client's greeting and request, and returns the host that it names.
func acceptSOCKS(conn net.Conn, options SOCKSOptions) (string, bool) {
	const none, password, unacceptable = 0, 2, 0xff
	method := byte(none)
	if options.User != "" {
		method = password
	}
	head := read(conn, 2)
	if len(head) < 2 {
		return "", false
	}
	if !slices.Contains(read(conn, int(head[1])), method) {
		method = unacceptable
	}
	_, _ = conn.Write([]byte{5, method})
	switch method {
	case unacceptable:
		return "", false
	case password:
		read(conn, 1) // the version
		user := readShort(conn)
		if given := readShort(conn); user != options.User || given != options.Password {
			_, _ = conn.Write([]byte{1, 1})
			return "", false
		}
		_, _ = conn.Write([]byte{1, 0})
	}
	request := read(conn, 4)
	if len(request) < 4 {
		return "", false
	}
	var host string
	switch request[3] {
	case 1:
		host = net.IP(read(conn, 4)).String()
	case 3:
		host = readShort(conn)
	}
	port := read(conn, 2)
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port)))), host != ""
}

func read(from io.Reader, size int) []byte {
	bytes := make([]byte, size)
	_, _ = io.ReadFull(from, bytes)
	return bytes
}

// readShort reads a text after a byte with its length.
func readShort(from io.Reader) string { return string(read(from, int(read(from, 1)[0]))) }

func offer(asked chan<- string, host string) {
	select {
	case asked <- host:
	default:
	}
}

// join passes bytes on in both directions, until either side closes.
func join(client net.Conn, from io.Reader, to string) {
	host, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer host.Close()
	ended := make(chan struct{})
	// Ends when the client closes, or when the calls below close both connections; join waits for it.
	go func() {
		defer close(ended)
		_, _ = io.Copy(host, from)
		host.Close()
	}()
	_, _ = io.Copy(client, host)
	client.Close()
	<-ended
}

package transport

import (
	"context"
	"io"

	"mooring/gitsource/location"
	"mooring/gitsource/pktline"
	"mooring/gitsource/protocol"
)

// gitDialer connects to a git daemon (gitprotocol-pack, "Git Transport").
func gitDialer(at location.Endpoint) dialer {
	return func(ctx context.Context) (stream, error) {
		conn, err := dialTCP(ctx, at.Address("9418"))
		if err != nil {
			return stream{}, err
		}
		request := protocol.Service + " " + at.Path + "\x00host=" + at.Host + "\x00\x00version=2\x00"
		if _, err := io.WriteString(conn, pktline.Encode(request)); err != nil {
			conn.shut()
			return stream{}, err
		}
		return stream{Reader: conn, Writer: conn, shut: conn.shut}, nil
	}
}

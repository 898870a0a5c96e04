#!/usr/bin/env bash
# Go's net/http, HTTP2Config.MaxReceiveBufferPerStream: with a size below 65,535 bytes, first requests may be refused.
#
# Seen with Go 1.26.8; the client here writes frames by golang.org/x/net/http2 v0.62.0. A server that wants to keep little
# of unread bodies sets MaxReceiveBufferPerStream to 16 KiB, which the documentation allows. A client opens a connection
# and at once sends a POST of 60,000 bytes, before it has read the server's settings. It may: until then the window of a
# stream is 65,535 bytes, and a server has to reckon with that (RFC 9113, 6.9.2 and 6.9.3).
#
#   65,535 bytes: the client gets 200.
#   16,384 bytes: the server refuses the request with FLOW_CONTROL_ERROR.
#
# Go's own client mostly waits for the settings, so tests with it rarely show this; it looks like a fault of the network.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.26

require golang.org/x/net v0.62.0
MOD
cat >main.go <<'GO'
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

func main() {
	for _, window := range []int{65535, 16384} {
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		server := &http.Server{Protocols: protocols, HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: window}}
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
		})
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		go server.Serve(listener)
		fmt.Printf("window of %d bytes: %s\n", window, post(listener.Addr().String(), 60_000))
		server.Close()
	}
}

// post sends a whole request in one write, and returns how the server ends its stream.
func post(address string, size int) string {
	conn, err := net.Dial("tcp", address)
	check(err)
	defer conn.Close()
	check(conn.SetDeadline(time.Now().Add(10 * time.Second)))
	var sent, headers bytes.Buffer
	sent.WriteString(http2.ClientPreface)
	framer := http2.NewFramer(&sent, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	check(framer.WriteSettings())
	encoder := hpack.NewEncoder(&headers)
	for _, field := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":authority", address}, {":path", "/"}} {
		check(encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}))
	}
	check(framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: headers.Bytes(), EndHeaders: true}))
	for size > 0 {
		n := min(size, 16384) // the largest frame that every server must take
		size -= n
		check(framer.WriteData(1, size == 0, make([]byte, n)))
	}
	_, err = conn.Write(sent.Bytes())
	check(err)
	for {
		frame, err := framer.ReadFrame()
		check(err)
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			return "status " + frame.PseudoValue("status")
		case *http2.RSTStreamFrame:
			return frame.ErrCode.String()
		case *http2.GoAwayFrame:
			return frame.ErrCode.String()
		}
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
GO
go version
GOFLAGS=-mod=mod go run . | tee seen
diff seen - <<'SEEN'
window of 65535 bytes: status 200
window of 16384 bytes: FLOW_CONTROL_ERROR
SEEN

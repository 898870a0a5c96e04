#!/usr/bin/env bash
# go-systemd, daemon.SdNotify: it never returns while the service manager's socket is full.
#
# Seen with github.com/coreos/go-systemd/v22 v22.7.0 and Go 1.26.8 on Linux. SdNotify sets no deadline for its write to
# NOTIFY_SOCKET. Datagram sockets on Linux hold a few messages (net.unix.max_dgram_qlen); when they are not read, a write
# waits. A manager that is stopped, or a container's stub that opens the socket and does not read it, then holds up the
# start of the service, and its stop.
#
#   expected: an error, or a return after some time
#   seen: no return within 2 s, after the first messages have filled the socket
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.26

require github.com/coreos/go-systemd/v22 v22.7.0
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"
	"net"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

func main() {
	address := &net.UnixAddr{Name: "notify", Net: "unixgram"}
	if _, err := net.ListenUnixgram("unixgram", address); err != nil { // open, and never read
		panic(err)
	}
	os.Setenv("NOTIFY_SOCKET", address.Name)
	for sent := 0; sent < 100_000; sent++ {
		returned := make(chan error, 1)
		go func() {
			_, err := daemon.SdNotify(false, daemon.SdNotifyWatchdog)
			returned <- err
		}()
		select {
		case err := <-returned:
			if err != nil {
				fmt.Println("an error after", sent, "messages:", err)
				return
			}
		case <-time.After(2 * time.Second):
			fmt.Println("no return within 2 s, after", sent, "messages")
			return
		}
	}
	fmt.Println("never full")
}
GO
go mod tidy 2>/dev/null
go run .

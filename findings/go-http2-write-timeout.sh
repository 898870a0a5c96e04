#!/usr/bin/env bash
# Go's net/http, Server.WriteTimeout: what a handler may still do after that time depends on the version of HTTP.
#
# Seen with Go 1.26.8. The server has WriteTimeout = 300 ms. A handler works for 600 ms, then asks for more time with
# http.ResponseController.SetWriteDeadline, and then writes its answer.
#
#   HTTP/1.1: SetWriteDeadline returns nil and the client gets the answer. The timeout is only a deadline for writes, and
#             there was no write yet.
#   HTTP/2:   SetWriteDeadline returns nil too, and the client gets a stream error: the server has reset the stream at the
#             timeout, although there was nothing to write. The handler learns of it by its context alone.
#
# So a handler that waits must ask for its time before WriteTimeout is over. Over HTTP/1.1 no test notices if it does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.26
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const writeTimeout = 300 * time.Millisecond

func main() {
	for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(version == "HTTP/1.1")
		protocols.SetUnencryptedHTTP2(version == "HTTP/2")
		extended, ended := make(chan error, 1), make(chan error, 1)
		server := &http.Server{Protocols: protocols, WriteTimeout: writeTimeout}
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * writeTimeout)
			extended <- http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute))
			ended <- r.Context().Err()
			io.WriteString(w, "answer")
		})
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		go server.Serve(listener)
		client := &http.Client{Transport: &http.Transport{Protocols: protocols}, Timeout: 10 * time.Second}
		fmt.Printf("%s: the client gets %s; SetWriteDeadline: %v; context: %v\n",
			version, get(client, listener.Addr().String()), <-extended, <-ended)
		server.Close()
	}
}

func get(client *http.Client, address string) string {
	response, err := client.Get("http://" + address + "/")
	if err != nil {
		if strings.Contains(err.Error(), "INTERNAL_ERROR") {
			return "a stream error, INTERNAL_ERROR"
		}
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return "200 and " + string(body)
}
GO
go version
GOFLAGS=-mod=mod go run . | tee seen
diff seen - <<'SEEN'
HTTP/1.1: the client gets 200 and answer; SetWriteDeadline: <nil>; context: <nil>
HTTP/2: the client gets a stream error, INTERNAL_ERROR; SetWriteDeadline: <nil>; context: context canceled
SEEN

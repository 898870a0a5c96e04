package githost

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"testing"

	"golang.org/x/crypto/ssh"
)

// ServeOnePack serves the repository in a directory like git daemon in version 2, but ends each connection after one
// pack, as go-git 6.0.0-beta.1 does. It returns the repository's URL.
func ServeOnePack(t *testing.T, dir string) string {
	t.Helper()
	address := Listen(t, func(conn net.Conn) {
		if _, err := readPacket(conn); err == nil {
			serveUntilPack(t, dir, conn)
		}
	})
	return "git://" + address + "/stacks"
}

// OnePackSession is an SSHOptions.Instead that serves the repository in a directory and ends the session after one pack.
func OnePackSession(t *testing.T, dir string) func(ssh.NewChannel, *ssh.ServerConn) {
	return func(offered ssh.NewChannel, _ *ssh.ServerConn) {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		defer channel.Close()
		for request := range requests {
			if request.Type == "exec" {
				_ = request.Reply(true, nil)
				serveUntilPack(t, dir, channel)
				_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
				return
			}
		}
	}
}

// serveUntilPack answers requests of version 2 on a stream until it has sent a pack.
func serveUntilPack(t *testing.T, dir string, stream io.ReadWriter) {
	answer := func(request []byte, option string) []byte {
		command := exec.CommandContext(t.Context(), "git", "upload-pack", option, dir)
		command.Env = append(Environment(), "GIT_PROTOCOL=version=2")
		command.Stdin = bytes.NewReader(request)
		output, _ := command.Output() // a client sees what a host has sent before it failed
		return output
	}
	sent := answer(nil, "--http-backend-info-refs")
	for !bytes.Contains(sent, []byte("packfile\n")) {
		if _, err := stream.Write(sent); err != nil {
			return
		}
		request, err := readMessage(stream)
		if err != nil {
			return
		}
		sent = answer(request, "--stateless-rpc")
	}
	_, _ = stream.Write(sent)
}

// readMessage reads packets up to a flush packet, and returns them as they came.
func readMessage(source io.Reader) ([]byte, error) {
	var message []byte
	for {
		digits := make([]byte, 4)
		if _, err := io.ReadFull(source, digits); err != nil {
			return nil, err
		}
		size, err := strconv.ParseUint(string(digits), 16, 16)
		if err != nil {
			return nil, fmt.Errorf("%q is no length of a packet", digits)
		}
		payload := make([]byte, max(size, 4)-4)
		if _, err := io.ReadFull(source, payload); err != nil {
			return nil, err
		}
		if message = append(append(message, digits...), payload...); size == 0 {
			return message, nil
		}
	}
}

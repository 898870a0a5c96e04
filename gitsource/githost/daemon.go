package githost

import (
	"context"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ServeGit serves the directory above the repository with git daemon, and returns the repository's URL. v0 makes a host
// of version 0: it removes the client's offer of version 2 from the request.
func ServeGit(t *testing.T, r *Repository, v0 bool) string {
	t.Helper()
	address := Listen(t, func(conn net.Conn) {
		request, err := readPacket(conn)
		if err != nil {
			return
		}
		if v0 {
			request, _, _ = strings.Cut(request, "\x00\x00version=2")
			request += "\x00"
		}
		first := strings.NewReader(Lines(request))
		daemon := exec.CommandContext(t.Context(), "git", "daemon", "--inetd", "--export-all",
			"--base-path="+filepath.Dir(r.Dir))
		daemon.Env = Environment()
		daemon.Stdout = conn
		serveProcess(daemon, io.MultiReader(first, conn))
	})
	return "git://" + address + "/stacks"
}

// serveProcess runs a command with an input, and returns when the command has ended, whether or not the input has.
func serveProcess(command *exec.Cmd, input io.Reader) {
	stdin, err := command.StdinPipe()
	if err != nil || command.Start() != nil {
		return
	}
	// Ends when the command no longer reads, or when the caller closes the connection after this function has returned.
	go func() {
		_, _ = io.Copy(stdin, input)
		stdin.Close()
	}()
	_ = command.Wait()
}

// Listen listens on 127.0.0.1 and returns the address. It calls serve for each connection and closes the connection
// after it. At the end of the test it waits for all of them.
func Listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	// Ends when the listener and every connection are closed; the cleanup waits for it.
	go func() {
		defer close(ended)
		var served []chan struct{}
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			done := make(chan struct{})
			served = append(served, done)
			// Ends with the client or with the test's context, which closes the connection; the goroutine above waits
			// for it.
			go func() {
				defer close(done)
				defer conn.Close()
				defer context.AfterFunc(t.Context(), func() { conn.Close() })()
				serve(conn)
			}()
		}
		for _, done := range served {
			<-done
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("a connection is still served at the end of the test")
		}
	})
	return listener.Addr().String()
}

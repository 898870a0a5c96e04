package api

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// unixPrefix begins a LISTEN_ADDR that is the path of a Unix socket.
const unixPrefix = "unix:"

// longestSocketPath is the length of a Unix socket's path that Linux takes, in bytes (unix(7)).
const longestSocketPath = 107

// socketMode lets the owner and the group of a Unix socket connect, and nobody else: mooring's routes need no
// credentials. A proxy gets access by its group.
const socketMode = 0o660

// Listen opens an address, host:port or unix:/path. A Unix socket that a crashed process left behind is replaced; one
// that a process still listens on is in use. Closing the listener removes the socket.
func Listen(address string) (net.Listener, error) {
	network, where := networkOf(address)
	listener, err := net.Listen(network, where)
	if network != "unix" {
		return listener, err
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		listener, err = replaceSocket(where, err)
	}
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(where, socketMode); err != nil {
		listener.Close()
		return nil, fmt.Errorf("let the group use the socket: %w", err)
	}
	return listener, nil
}

// replaceSocket listens on a path that bind found in use, if it is a socket on which nobody listens any more. Otherwise
// it returns the error of bind, or one that says what the path is.
func replaceSocket(path string, inUse error) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("%s is there, and is no socket: name another path", path)
	}
	connection, err := net.Dial("unix", path)
	if err == nil {
		connection.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) { // a listener with a full queue, or of another user, is there too
		return nil, inUse
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the socket that a crash left behind: %w", err)
	}
	return net.Listen("unix", path)
}

// networkOf splits an address into the two arguments of net.Listen and net.Dial.
func networkOf(address string) (network, where string) {
	if path, found := strings.CutPrefix(address, unixPrefix); found {
		return "unix", path
	}
	return "tcp", address
}

// DisplayAddress returns the address of a listener in the form of LISTEN_ADDR.
func DisplayAddress(listener net.Listener) string {
	address := listener.Addr()
	if address.Network() == "unix" {
		return unixPrefix + address.String()
	}
	return address.String()
}

// isSocket tells whether an address is unix:/path with a path that a socket can have.
func isSocket(address string) bool {
	path, found := strings.CutPrefix(address, unixPrefix)
	return found && filepath.IsAbs(path) && len(path) <= longestSocketPath
}

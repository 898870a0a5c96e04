package main

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"
)

// The messages for the service manager (sd_notify(3)).
const (
	serviceReady    = "READY=1"
	serviceStopping = "STOPPING=1"
)

// tell sends the state of the service to the service manager. An error goes to the log and does not stop the service.
func tell(log *slog.Logger, state string) {
	if err := notify(os.Getenv("NOTIFY_SOCKET"), state); err != nil {
		log.Warn("the service manager cannot be told", "state", state, "error", err)
	}
}

// notify sends a state to the service manager's socket, if there is one: a datagram to a path, or to a name of Linux's
// abstract namespace, which begins with "@" (sd_notify(3), unix(7)).
func notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	connection, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("dial NOTIFY_SOCKET: %w", err)
	}
	defer connection.Close()
	const patience = time.Second // a full socket must delay neither the work nor the stop for longer
	if err := connection.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("set a deadline for NOTIFY_SOCKET: %w", err)
	}
	if _, err := connection.Write([]byte(state)); err != nil {
		return fmt.Errorf("write to NOTIFY_SOCKET: %w", err)
	}
	return nil
}

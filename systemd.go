package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"

	"mooring/api"
)

// metricsSocket is the name, FileDescriptorName= in a socket unit, of a socket that takes the place of METRICS_ADDR.
const metricsSocket = "metrics"

// handedOver returns the listeners on the sockets that systemd hands over (sd_listen_fds(3), systemd.socket(5)), if
// there are any. Those with the name metricsSocket are for metrics, and all others for the API. systemd keeps the
// sockets open, so clients that connect during a restart wait.
func handedOver() (api.Listeners, error) {
	var at api.Listeners
	for _, file := range activation.Files(true) {
		listener, err := net.FileListener(file)
		file.Close() // the listener has a copy
		if err != nil {
			at.Close()
			return api.Listeners{}, settingError{fmt.Errorf("LISTEN_FDS has a socket on which nobody can listen, %q: "+
				"its socket unit must have ListenStream= (%w)", file.Name(), err)}
		}
		if file.Name() == metricsSocket {
			at.Metrics = append(at.Metrics, listener)
		} else {
			at.API = append(at.API, listener)
		}
	}
	return at, nil
}

// tell sends the state of the service to the service manager, if there is one (sd_notify(3)). A manager that does not
// read delays neither the work nor the stop for more than a second. An error goes to the log and does not stop the
// service.
func tell(log *slog.Logger, state string) {
	const patience = time.Second
	ended := make(chan error, 1)
	// Ends when the manager's socket has taken the message, or has failed; if it is full, with the process. The code
	// below waits for it, but not for longer than patience.
	go func() {
		_, err := daemon.SdNotify(false, state)
		ended <- err // never blocks: capacity 1
	}()
	var err error
	select {
	case err = <-ended:
	case <-time.After(patience):
		err = errors.New("the manager does not read")
	}
	if err != nil {
		log.Warn("the service manager cannot be told", "state", state, "error", fmt.Errorf("NOTIFY_SOCKET: %w", err))
	}
}

package main

import (
	"errors"
	"fmt"

	"mooring/api"
)

// listen opens the addresses that the service listens on, unless systemd hands over sockets in their place. It runs
// before the first request to Git, so that an address that is in use shows at once.
func listen(s settings) (api.Listeners, error) {
	at, err := handedOver()
	if err != nil {
		return api.Listeners{}, err
	}
	if s.Process.Headless && len(at.API) > 0 {
		at.Close()
		// To leave the socket alone would let its clients wait for ever, because systemd keeps it open.
		return api.Listeners{}, settingError{errors.New("HEADLESS is set, and systemd hands over a socket for HTTP: unset " +
			"HEADLESS, or disable the socket unit")}
	}
	if !s.Process.Headless && len(at.API) == 0 {
		listener, err := api.Listen(s.API.ListenAddr)
		if err != nil {
			at.Close()
			return api.Listeners{}, fmt.Errorf("LISTEN_ADDR cannot be opened: %w", err)
		}
		at.API = append(at.API, listener)
	}
	if s.API.MetricsAddr != "" && len(at.Metrics) == 0 {
		listener, err := api.Listen(s.API.MetricsAddr)
		if err != nil {
			at.Close()
			return api.Listeners{}, fmt.Errorf("METRICS_ADDR cannot be opened: %w", err)
		}
		at.Metrics = append(at.Metrics, listener)
	}
	return at, nil
}

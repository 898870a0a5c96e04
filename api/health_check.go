package api

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// healthCheckTimeout bounds CheckHealth. The service itself answers within a second.
const healthCheckTimeout = 3 * time.Second

// CheckHealth sends GET /healthz to the service that listens on listenAddr, which has the format of LISTEN_ADDR. It
// returns nil for status 200. For another status it returns an error with the answer, and without an answer within 3 s
// an error with the reason. An address without a host, or with 0.0.0.0 or [::], means this machine (net.Dial). It uses
// no proxy.
func CheckHealth(ctx context.Context, listenAddr string) error {
	ctx, cancel := context.WithTimeout(ctx, healthCheckTimeout)
	defer cancel()
	network, address := networkOf(listenAddr)
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+healthzPath, nil)
	if err != nil {
		return fmt.Errorf("check the health: %w", err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("check the health: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	const enough = 1 << 10 // bytes of an error
	body, err := io.ReadAll(io.LimitReader(response.Body, enough))
	if err != nil {
		return fmt.Errorf("check the health: %s: %w", response.Status, err)
	}
	return fmt.Errorf("check the health: the service answers %s: %q", response.Status, body)
}

package api

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
)

// Listeners are where a Server answers. Each may be nil: then nothing is served there.
type Listeners struct {
	// API is LISTEN_ADDR: every route of the contract's section 3.
	API net.Listener
	// Metrics is METRICS_ADDR: /metrics alone.
	Metrics net.Listener
}

// Serve answers requests that come in on the listeners until ctx ends, and then returns nil within two seconds: it
// waits for the refresh actor to stop, which ends whatever requests wait for, and lets answers that are being written
// end. It closes the listeners. An error is a listener's, and ends the other one too.
func (s *Server) Serve(ctx context.Context, at Listeners) error {
	helpersCtx, stopHelpers := context.WithCancel(context.WithoutCancel(ctx))
	// Ends with helpersCtx; the deferred function waits for it.
	go s.encoder.run(helpersCtx)
	// Ends, and is waited for, like the encoder.
	go s.counter.run(helpersCtx)
	defer func() {
		stopHelpers()
		<-s.lists.done
		<-s.deliveries.done
	}()
	servingCtx, stopServing := context.WithCancel(ctx)
	defer stopServing()
	ends := make(chan error, 1)
	// Ends with servingCtx, or when the listener fails; it is waited for below.
	go func() { ends <- s.serveOn(servingCtx, s.http, at.API) }()
	// Ends, and is waited for, like the one for the API.
	go func() { ends <- s.serveOn(servingCtx, s.metrics, at.Metrics) }()
	first := <-ends
	if first != nil {
		stopServing()
	}
	return cmp.Or(first, <-ends)
}

// serveOn serves on one listener, or waits for nothing where there is none.
func (s *Server) serveOn(ctx context.Context, server *http.Server, listener net.Listener) error {
	if listener == nil {
		<-ctx.Done()
		return nil
	}
	served := make(chan error, 1)
	// Ends when the server is shut down or closed, or the listener fails; both ways out of the select wait for it.
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		server.Close()
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	graceCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	select {
	case <-s.actor.Done():
	case <-graceCtx.Done():
	}
	if err := server.Shutdown(graceCtx); err != nil {
		s.log.Warn("connections are closed before their answers have ended", "error", err)
		server.Close()
	}
	<-served
	return nil
}

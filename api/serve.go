package api

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
)

// Listeners are the listeners of a Server. Without any, nothing is served there.
type Listeners struct {
	// API are the listener at LISTEN_ADDR, or those that systemd hands over in its place: every route of openapi.json.
	API []net.Listener
	// Metrics are the same for METRICS_ADDR: only /metrics.
	Metrics []net.Listener
}

// Close closes the listeners that Serve has not closed.
func (l Listeners) Close() {
	for _, listener := range slices.Concat(l.API, l.Metrics) {
		listener.Close()
	}
}

// Serve answers requests that come in on the listeners until ctx ends, and then returns nil within two seconds. It
// first waits for the refresh actor to stop, because that ends all waits of requests, and then for answers that are
// being written. It closes the listeners. When one listener fails, it stops the other and returns the error.
func (s *Server) Serve(ctx context.Context, at Listeners) error {
	keeperCtx, stopKeeper := context.WithCancel(context.WithoutCancel(ctx))
	// Ends with keeperCtx; the deferred function waits for it.
	go s.keeperLoop.run(keeperCtx)
	defer func() {
		stopKeeper()
		<-s.keeper.done
	}()
	servingCtx, stopServing := context.WithCancel(ctx)
	defer stopServing()
	ends := make(chan error, 1)
	// Ends with servingCtx, or when the listener fails; the code below waits for it.
	go func() { ends <- s.serveOn(servingCtx, s.http, at.API) }()
	// Ends like the one for the API; the code below waits for both.
	go func() { ends <- s.serveOn(servingCtx, s.metrics, at.Metrics) }()
	first := <-ends
	if first != nil {
		stopServing()
	}
	return cmp.Or(first, <-ends)
}

// serveOn serves on the listeners until ctx ends or one of them fails. Without any it only waits for the end of ctx.
func (s *Server) serveOn(ctx context.Context, server *http.Server, listeners []net.Listener) error {
	if len(listeners) == 0 {
		<-ctx.Done()
		return nil
	}
	served := make(chan error, 1)
	for _, listener := range listeners {
		// Ends when the server is shut down or closed, or the listener fails; both ways out of the select wait for it.
		go func() { served <- fmt.Errorf("serve %s: %w", DisplayAddress(listener), server.Serve(listener)) }()
	}
	select {
	case err := <-served:
		server.Close()
		for range listeners[1:] {
			<-served
		}
		return err
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
	for range listeners {
		<-served
	}
	return nil
}

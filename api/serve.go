package api

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
)

// Listeners are the listeners of a Server. Each may be nil: then nothing is served there.
type Listeners struct {
	// API is LISTEN_ADDR: every route of openapi.json.
	API net.Listener
	// Metrics is METRICS_ADDR: only /metrics.
	Metrics net.Listener
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

// serveOn serves on one listener. Without a listener it only waits for the end of ctx.
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

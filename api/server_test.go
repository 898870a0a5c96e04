package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// dial opens a connection that ends with the test.
func (s service) dial() net.Conn {
	s.t.Helper()
	connection, err := net.Dial("tcp", s.address)
	is.New(s.t).NoErr(err)
	s.t.Cleanup(func() { connection.Close() })
	return connection
}

// closed reads until the server closes the connection, and returns what it read.
func closed(t *testing.T, connection net.Conn) string {
	t.Helper()
	is := is.New(t)
	is.NoErr(connection.SetReadDeadline(time.Now().Add(20 * time.Second)))
	content, err := io.ReadAll(connection)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatal("the server leaves the connection open")
	}
	return string(content)
}

func TestTimeBoundsAreWithinThirtySeconds(t *testing.T) {
	is := is.New(t)
	s := New(Settings{}, nil, nil, slog.New(slog.DiscardHandler))
	for _, server := range []*http.Server{s.http, s.metrics} {
		is.True(server.ReadHeaderTimeout > 0 && server.ReadHeaderTimeout <= 30*time.Second)
		is.True(server.ReadTimeout > 0 && server.ReadTimeout <= 30*time.Second)
		is.True(server.WriteTimeout > 0)
		is.True(server.IdleTimeout > 2*time.Minute) // Caddy's: the proxy is to close an idle connection, and not mooring
		is.True(server.IdleTimeout <= 5*time.Minute)
		is.True(server.MaxHeaderBytes > 0 && server.MaxHeaderBytes <= 64<<10)
		h2 := server.HTTP2
		is.True(h2.SendPingTimeout > 0 && h2.PingTimeout > 0 && h2.SendPingTimeout+h2.PingTimeout <= 30*time.Second)
		is.True(h2.WriteByteTimeout > 0)
		is.True(h2.MaxConcurrentStreams > 0 && h2.MaxConcurrentStreams <= 100)
		is.True(h2.MaxReceiveBufferPerConnection >= 65_535 && h2.MaxReceiveBufferPerConnection <= 64<<10)
		is.True(h2.MaxReceiveBufferPerStream >= 65_535 && h2.MaxReceiveBufferPerStream <= 64<<10)
	}
}

func TestSlowClientsAreCutOffWhileOthersAreServed(t *testing.T) {
	is := is.New(t)
	const clients = 300
	o := withSecret(apitest.GitHubSecret)
	o.adjust = func(s *Server) {
		s.http.ReadHeaderTimeout = 500 * time.Millisecond
		s.http.ReadTimeout = 500 * time.Millisecond
	}
	s := serve(t, o)
	s.Refreshed(apitest.RevisionA, "a")
	const half = " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"
	signed := " HTTP/1.1\r\n" + apitest.Sign(apitest.GitHubSecret, "") + half[len(" HTTP/1.1"):]
	starts := []string{
		"GET /healthz HTT", "PUT /api/v1/stacks/a" + half, "POST /api/v1/refresh" + half,
		"POST /api/v1/refresh?wait=1m" + half, "POST /api/v1/webhook" + signed, "GET /healthz" + half,
	}
	var slow []net.Conn
	for i := range clients {
		connection := s.dial()
		_, err := io.WriteString(connection, starts[i%len(starts)])
		is.NoErr(err)
		slow = append(slow, connection)
	}
	is.Equal(s.do("GET", "/healthz", "").status, http.StatusOK)
	for i, connection := range slow {
		content := closed(t, connection)
		switch i % len(starts) {
		case 1, 2, 3, 4:
			is.True(strings.HasPrefix(content, "HTTP/1.1 400 "))
			is.True(strings.Contains(content, `"code":"invalid_body"`))
		}
	}
	view, err := s.View(t.Context())
	is.NoErr(err)
	is.Equal(len(view.Refreshes(10)), 1) // half a request has triggered nothing
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	s := serve(t, options{adjust: func(s *Server) { s.http.IdleTimeout = 10 * time.Millisecond }})
	connection := s.dial()
	_, err := io.WriteString(connection, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	is.New(t).NoErr(err)
	is.New(t).True(strings.HasPrefix(closed(t, connection), "HTTP/1.1 200 OK\r\n"))
}

func TestServeEndsWithItsListener(t *testing.T) {
	is := is.New(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	is.NoErr(err)
	is.NoErr(listener.Close())
	err = New(Settings{}, nil, nil, slog.New(slog.DiscardHandler)).Serve(t.Context(), Listeners{API: []net.Listener{listener}})
	is.True(errors.Is(err, net.ErrClosed))
}

func TestServeEndsThoughRequestsHang(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	connection := s.dial()
	_, err := io.WriteString(connection, "POST /api/v1/refresh?wait=1m HTTP/1.1\r\nHost: x\r\n\r\n")
	is.NoErr(err)
	for view, _ := s.View(t.Context()); ; view, _ = s.View(t.Context()) {
		if _, running := view.Current(); running {
			break
		}
	}
	started := time.Now()
	s.stopServer() // the actor runs on, so it does not end the request
	is.True(time.Since(started) < 4*time.Second)
	closed(t, connection)
	_, err = net.DialTimeout("tcp", s.address, time.Second)
	is.True(err != nil)
}

func TestHealthIsCheckedThroughTheAddressToListenOn(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{settings: Settings{AllowedHosts: []string{"example.org"}}})
	_, port, err := net.SplitHostPort(s.address)
	is.NoErr(err)
	for _, host := range []string{"127.0.0.1", "0.0.0.0", ""} {
		is.NoErr(CheckHealth(t.Context(), host+":"+port))
	}
	s.stopActor()
	err = CheckHealth(t.Context(), s.address)
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), "503"))
	is.True(strings.Contains(err.Error(), "shutting_down"))
	s.stopServer()
	is.True(CheckHealth(t.Context(), s.address) != nil)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	is.True(errors.Is(CheckHealth(ended, s.address), context.Canceled))
}

package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"mooring/actors"
	"mooring/api/page"
	"mooring/api/webhook"
)

const (
	// readTimeout bounds how long a client may take over a request's header, and over the whole request.
	readTimeout = 20 * time.Second
	// writeTimeout bounds how long an answer may take from the end of the request's header on. Requests that wait get
	// more time.
	writeTimeout = 30 * time.Second
	// idleTimeout is how long a connection may stay open between two requests. It is longer than what proxies allow
	// (cloudflared 90 s, Caddy 2 min): the proxy then closes first, and sends no request down a connection that closes.
	idleTimeout = 150 * time.Second
	// maxHeaderBytes bounds a request's header. net/http answers 431 to a larger one.
	maxHeaderBytes = 32 << 10
	// shutdownGrace is how long a stop waits for answers that are being written.
	shutdownGrace = 2 * time.Second
)

const (
	// streamsAtOnce bounds the requests that an HTTP/2 connection may have open, because each takes memory for as long as
	// its client likes. A proxy opens another connection for more.
	streamsAtOnce = 4
	// receiveBuffer bounds, in bytes, the parts of bodies on an HTTP/2 connection that no handler has read yet. It must
	// not be below 65,535: a client may send that much before it has seen the server's settings (RFC 9113, 6.9.2).
	receiveBuffer = 64 << 10
	// pingAfter and pingTimeout bound how long an HTTP/2 client may be silent: after pingAfter without a whole frame it
	// must answer a ping within pingTimeout. For a header that comes slowly this is the only bound of HTTP/2.
	pingAfter   = 15 * time.Second
	pingTimeout = 10 * time.Second
)

// Refresher is the part of the refresh actor that the handlers need; *actors.Refresher implements it. Each method but
// Done returns actors.ErrStopped once the actor has stopped, and the context's error when the context ends first. The
// actor may have accepted the message even then.
type Refresher interface {
	// Trigger asks for a refresh and returns it as it was accepted: refreshing, queued, or failed at once when the
	// fetch before it does not come back.
	Trigger(ctx context.Context, t actors.Trigger) (actors.Refresh, error)
	// TriggerAndWait asks for a refresh, waits until it or the one that replaced it in the queue has ended, and returns
	// that one. When enough is closed or the actor stops before that, it returns the refresh as it stands, without an
	// error.
	TriggerAndWait(ctx context.Context, t actors.Trigger, enough <-chan struct{}) (actors.Refresh, error)
	// Lookup returns the refresh with an id, or the one that replaced it in the queue. It returns
	// actors.ErrRefreshNotFound for an id that the actor does not remember.
	Lookup(ctx context.Context, id string) (actors.Refresh, error)
	// View returns what the actor knows now: an immutable value.
	View(ctx context.Context) (actors.View, error)
	// Report takes a deployer's report and returns the stack as it then is. It returns actors.ErrStackNotFound,
	// actors.ErrDeleting for a stack that Git no longer has, and actors.ErrNotSaved when SNAPSHOT_FILE cannot be
	// written.
	Report(ctx context.Context, report actors.Report) (actors.Stack, error)
	// Forget drops a deleting stack, by its path, and returns it as it was. It returns actors.ErrStackNotFound,
	// actors.ErrStillDesired for a stack that Git has, and actors.ErrNotSaved as Report does.
	Forget(ctx context.Context, path string) (actors.Stack, error)
	// Release lets stacks go whose removal is held, and returns their paths. It returns actors.ErrNothingHeld and lets
	// none go unless each stack that is named is held, actors.ErrOtherRevision, and actors.ErrNotSaved as Report does.
	Release(ctx context.Context, release actors.Release) ([]string, error)
	// Done returns a channel that is closed when the actor has stopped and all callers that waited are answered.
	Done() <-chan struct{}
}

// Contents tells what stacks are made of; *dockertarget.Contents implements it.
type Contents interface {
	// Of returns what a stack is made of at the commit of a desired state of this process. The error is actors.ErrBusy if
	// others ask at the moment, an *actors.Failure of the Git host, actors.ErrStopped, or the context's.
	Of(ctx context.Context, state actors.DesiredState, path string) (actors.Contents, error)
}

// Server answers HTTP requests. It is immutable once it is made, so all handlers share it.
type Server struct {
	actor       Refresher
	contents    Contents
	log         *slog.Logger
	http        *http.Server // LISTEN_ADDR
	metrics     *http.Server // METRICS_ADDR
	router      http.Handler
	hosts       hostNames
	crossOrigin *http.CrossOriginProtection
	webhook     *webhook.Receiver
	deployers   deployers
	page        *page.Page
	keeper      keeper
	keeperLoop  *keeperLoop
}

// New returns a server for valid settings. It answers requests while Serve runs. contents may be nil if no listener serves
// the API.
func New(settings Settings, actor Refresher, contents Contents, log *slog.Logger) *Server {
	senders := settings.senders()
	keeper, keeperLoop := newKeeper(senders)
	s := &Server{
		actor:       actor,
		contents:    contents,
		log:         log,
		hosts:       newHostNames(settings.AllowedHosts),
		crossOrigin: http.NewCrossOriginProtection(),
		webhook: webhook.New(
			senders, settings.WebhookSecret, settings.WebhookSecretPrevious, settings.TrackedRefs, keeper, log),
		deployers:  newDeployers(settings.DeployerToken, log),
		page:       page.New(),
		keeper:     keeper,
		keeperLoop: keeperLoop,
	}
	s.router = s.routes()
	s.http = newHTTPServer(s, log)
	s.metrics = newHTTPServer(s.newMetricsHandler(), log)
	return s
}

// newHTTPServer returns a server that bounds the time and the memory that one client can take. It speaks HTTP/1.1, and
// HTTP/2 without TLS to clients that begin with it, as proxies do (RFC 9113, 3.3).
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:                      handler,
		Protocols:                    protocols,
		DisableGeneralOptionsHandler: true, // it would answer "OPTIONS *" with an empty body
		ReadHeaderTimeout:            readTimeout,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeaderBytes,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          streamsAtOnce,
			MaxReceiveBufferPerConnection: receiveBuffer,
			MaxReceiveBufferPerStream:     receiveBuffer,
			SendPingTimeout:               pingAfter,
			PingTimeout:                   pingTimeout,
			WriteByteTimeout:              writeTimeout,
		},
	}
}

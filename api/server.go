package api

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"mooring/actors"
)

const (
	// readTimeout bounds how long a client may take over a request's header, and over all of it.
	readTimeout = 20 * time.Second
	// writeTimeout bounds how long an answer may take from the request's header on; requests that wait get more.
	writeTimeout = 30 * time.Second
	// idleTimeout is how long a connection may stay open between two requests.
	idleTimeout = 60 * time.Second
	// maxHeaderBytes bounds a request's header; net/http answers 431 beyond it.
	maxHeaderBytes = 32 << 10
	// shutdownGrace is how long a stop waits for answers that are being written.
	shutdownGrace = 2 * time.Second
)

// Refresher is what the handlers need of the refresh actor. The program gives an *actors.Durable, whose reports outlive
// a restart; an *actors.Refresher will do.
type Refresher interface {
	Trigger(ctx context.Context, t actors.Trigger) (actors.Refresh, error)
	TriggerAndWait(ctx context.Context, t actors.Trigger, enough <-chan struct{}) (actors.Refresh, error)
	Lookup(ctx context.Context, id string) (actors.Refresh, error)
	View(ctx context.Context) (actors.View, error)
	Report(ctx context.Context, report actors.Report) (actors.Stack, error)
	Forget(ctx context.Context, path string) (actors.Stack, error)
	Done() <-chan struct{}
}

// Server answers HTTP requests. Nothing in it changes once it is made, so all handlers share it.
type Server struct {
	actor       Refresher
	log         *slog.Logger
	http        *http.Server
	metrics     *http.Server
	router      http.Handler
	hosts       hostNames
	crossOrigin *http.CrossOriginProtection
	tracked     tracked
	webhookKeys webhookKeys
	deployers   deployers
	lists       lists
	encoder     listEncoder
	deliveries  deliveries
	counter     deliveryCounter
	largec      chan largeRoom // capacity 1, from handlers to handlers: who has received holds the room
	page        *template.Template
	policy      string // the page's Content-Security-Policy
}

// New returns a server for valid settings. It answers from Serve on.
func New(settings Settings, actor Refresher, log *slog.Logger) *Server {
	lists, encoder := newListEncoder()
	deliveries, counter := newDeliveryCounter()
	page, policy := newPage()
	s := &Server{
		actor:       actor,
		log:         log,
		hosts:       newHostNames(settings.AllowedHosts),
		crossOrigin: http.NewCrossOriginProtection(),
		tracked:     tracked(settings.TrackedRefs),
		webhookKeys: webhookKeys{settings.WebhookSecret, settings.WebhookSecretPrevious},
		deployers:   newDeployers(settings.DeployerToken, log),
		lists:       lists,
		encoder:     encoder,
		deliveries:  deliveries,
		counter:     counter,
		largec:      make(chan largeRoom, 1),
		page:        page,
		policy:      policy,
	}
	s.giveBack(largeRoom{})
	s.router = s.routes()
	s.http = newHTTPServer(s, log)
	s.metrics = newHTTPServer(s.metricsHandler(), log)
	return s
}

// newHTTPServer returns a server with a bound on everything that a client could make it wait for or keep.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
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
	}
}

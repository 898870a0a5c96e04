// Package metrics answers scrapes in Prometheus' text format. It keeps no figures of its own: it asks the owners of the
// figures at each scrape. It is the only package that imports Prometheus' client library.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"mooring/actors"
)

// scrapesAtOnce bounds how many scrapes are answered at the same time. Further ones get 503.
const scrapesAtOnce = 8

// Viewer returns what the refresh actor knows.
type Viewer interface {
	// View returns what the actor knows now. It returns actors.ErrStopped once the actor has stopped, and the context's
	// error when that ends first.
	View(ctx context.Context) (actors.View, error)
}

// Delivery is a kind of webhook delivery: by its sender and its result.
type Delivery struct {
	// Sender is a value of WEBHOOK_SENDERS, or unknown.
	Sender string
	// Result is accepted, ignored, or the error code of the refusal.
	Result string
}

// Counter returns the count of webhook deliveries.
type Counter interface {
	// Deliveries returns the number of deliveries since the start. Kinds that have not occurred are in the map with 0. The
	// errors are those of Viewer. The caller must not change the map.
	Deliveries(ctx context.Context) (map[Delivery]uint64, error)
}

// Build names the running binary: the module's version, and the commit, which may be empty.
type Build struct{ Version, Revision string }

// New returns the handler of a scrape. A scrape fails with 500 when an actor does not answer within 5 s: Prometheus
// shows a failed scrape by itself (up), while alerts on missing series would stay silent. Errors go to the log.
func New(viewer Viewer, counter Counter, build Build, log *slog.Logger) http.Handler {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "mooring_build_info",
		Help: "What runs, in labels; the value is always 1.",
		ConstLabels: prometheus.Labels{
			"version": build.Version, "revision": build.Revision, "goversion": runtime.Version(),
		},
	})
	info.Set(1)
	registry := prometheus.NewPedanticRegistry() // and not the library's global registry, which has no owner
	registry.MustRegister(                       // fails only when the collectors contradict each other
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		info,
		newCollector(viewer, counter),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.HTTPErrorOnError,
		MaxRequestsInFlight: scrapesAtOnce,
	})
}

package api

import (
	"log/slog"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// scrapesAtOnce bounds how many scrapes are answered at the same time; more get 503.
const scrapesAtOnce = 8

// metricsHandler returns the handler of METRICS_ADDR: /metrics in Prometheus' text format, and JSON errors elsewhere.
// When the refresh actor does not answer, neither does it: a scrape that fails is told by Prometheus itself (up), while
// series that are missing make alerts fall silent.
func (s *Server) metricsHandler() http.Handler {
	scrape := promhttp.HandlerFor(s.registry(), promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.HTTPErrorOnError,
		MaxRequestsInFlight: scrapesAtOnce,
	})
	router := s.newRouter()
	router.Handler(http.MethodGet, metricsPath, scrape)
	router.Handler(http.MethodHead, metricsPath, scrape)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		router.ServeHTTP(w, r)
	})
}

// registry returns a registry of this server's own: the library's global one belongs to nobody.
func (s *Server) registry() *prometheus.Registry {
	version, revision := buildInfo()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "mooring_build_info",
		Help:        "What runs, in labels; the value is always 1.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": runtime.Version()},
	})
	build.Set(1)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister( // fails for what contradicts itself alone
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		build,
		newCollector(s.actor, s.deliveries),
	)
	return registry
}

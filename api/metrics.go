package api

import (
	"net/http"

	"mooring/api/metrics"
)

// newMetricsHandler returns the handler of METRICS_ADDR: /metrics in Prometheus' text format, and JSON errors
// elsewhere.
func (s *Server) newMetricsHandler() http.Handler {
	version, revision := buildInfo()
	scrape := metrics.New(s.actor, s.keeper, metrics.Build{Version: version, Revision: revision}, s.log)
	router := s.newRouter()
	router.Handler(http.MethodGet, metricsPath, scrape)
	router.Handler(http.MethodHead, metricsPath, scrape)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		router.ServeHTTP(w, r)
	})
}

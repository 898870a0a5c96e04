package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// scrape asks for the metrics as Prometheus does.
func (s service) scrape(path string) *httptest.ResponseRecorder {
	s.t.Helper()
	recorder := httptest.NewRecorder()
	s.server.metrics.Handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder
}

// metrics returns the lines of a scrape without the comments.
func (s service) metrics() map[string]string {
	s.t.Helper()
	recorder := s.scrape(metricsPath)
	is.New(s.t).Equal(recorder.Code, http.StatusOK)
	return apitest.Metrics(recorder.Body.String())
}

func TestMetricsCountDeliveriesByResult(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret))
	post := func(body, signature string, headers ...string) {
		t.Helper()
		if signature != "" {
			headers = append(headers, strings.TrimSpace(signature))
		}
		s.do("POST", webhookPath, body, headers...)
	}
	post("{}", apitest.Sign(apitest.GitHubSecret, "{}"))
	post("{}", apitest.Sign(apitest.GitHubSecret, "{}"), "X-GitHub-Event: ping")
	post("{}", apitest.Sign("another", "{}"))
	post("{}", apitest.Sign("another", "{}"))
	post("{}", "")
	apitest.HasMetrics(t, s.metrics(), map[string]string{
		`mooring_webhook_deliveries_total{result="accepted",sender="github"}`:           "1",
		`mooring_webhook_deliveries_total{result="ignored",sender="github"}`:            "1",
		`mooring_webhook_deliveries_total{result="invalid_signature",sender="github"}`:  "2",
		`mooring_webhook_deliveries_total{result="missing_signature",sender="unknown"}`: "1",
	})
	o := withSecret(apitest.GitHubSecret)
	o.settings.AllowedHosts = []string{"127.0.0.1"}
	guarded := serve(t, o)
	guarded.do("POST", webhookPath, "{}", apitest.Sign(apitest.GitHubSecret, "{}"), "Host: elsewhere")
	guarded.do("GET", webhookPath, "", "Host: elsewhere") // no delivery
	apitest.HasMetrics(t, guarded.metrics(), map[string]string{`mooring_webhook_deliveries_total{result="misdirected",sender="github"}`: "1"})
	unset := serve(t, options{})
	is.Equal(unset.do("POST", webhookPath, "{}").status, http.StatusServiceUnavailable)
	apitest.HasMetrics(t, unset.metrics(), map[string]string{`mooring_webhook_deliveries_total{result="webhook_disabled",sender="unknown"}`: "1"})
}

// Each result of a webhook delivery has a count from the start.
func TestEveryRefusalOfADeliveryHasItsSeries(t *testing.T) {
	is := is.New(t)
	results := make(map[deliveryResult]bool)
	for _, result := range deliveryResults() {
		results[result] = true
	}
	codes := exampleCodes(t, webhookPath, "post")
	is.True(len(codes) > 5)
	for _, code := range codes {
		is.True(results[deliveryResult(code)]) // code
	}
}

func TestOtherPathsBesideTheMetricsAreJSONErrors(t *testing.T) {
	s := serve(t, options{})
	for _, path := range []string{"/", "/metrics/", "/api/v1/stacks", "/healthz"} {
		recorder := s.scrape(path)
		s.refuses(reply{recorder.Code, recorder.Header(), recorder.Body.String()}, http.StatusNotFound, codeNotFound)
	}
	recorder := httptest.NewRecorder()
	s.server.metrics.Handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, metricsPath, nil))
	s.refuses(reply{recorder.Code, recorder.Header(), recorder.Body.String()},
		http.StatusMethodNotAllowed, codeMethodNotAllowed)
	is.New(t).Equal(recorder.Header().Get("Allow"), "GET, HEAD")
}

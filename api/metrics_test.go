package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"mooring/actors"
)

// scrape asks for the metrics as Prometheus does.
func (s service) scrape(path string) *httptest.ResponseRecorder {
	s.t.Helper()
	recorder := httptest.NewRecorder()
	s.server.metrics.Handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder
}

// metrics returns the lines of a scrape that are no comments.
func (s service) metrics() map[string]string {
	s.t.Helper()
	recorder := s.scrape(metricsPath)
	is.New(s.t).Equal(recorder.Code, http.StatusOK)
	values := make(map[string]string)
	for line := range strings.Lines(recorder.Body.String()) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), " "); found && name != "#" {
			if at := strings.LastIndexByte(line, ' '); at > 0 {
				name, value = line[:at], strings.TrimSpace(line[at:])
			}
			values[name] = value
		}
	}
	return values
}

// has checks some of the values of a scrape.
func has(t *testing.T, values map[string]string, wanted map[string]string) {
	t.Helper()
	for name, want := range wanted {
		if got := values[name]; got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
}

func TestMetricsKeepToTheConventions(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(githubSecret))
	s.refreshed(revisionA, "a", "b")
	recorder := s.scrape(metricsPath)
	is.Equal(recorder.Code, http.StatusOK)
	is.True(strings.HasPrefix(recorder.Header().Get("Content-Type"), "text/plain; version=0.0.4"))
	problems, err := promlint.New(recorder.Body).Lint()
	is.NoErr(err)
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
	values := s.metrics()
	for _, name := range []string{"go_goroutines", "process_start_time_seconds", "process_resident_memory_bytes"} {
		is.True(values[name] != "") // name
	}
	for name := range values {
		if strings.HasPrefix(name, "mooring_build_info{") {
			is.Equal(values[name], "1")
			return
		}
	}
	t.Error("mooring_build_info is missing")
}

func TestMetricsAreThereBeforeAnythingHasHappened(t *testing.T) {
	s := serve(t, options{})
	values := s.metrics()
	for _, outcome := range []string{"completed", "failed"} {
		for _, source := range []string{"startup", "webhook", "manual", "poll"} {
			has(t, values, map[string]string{`mooring_refreshes_total{outcome="` + outcome + `",source="` + source + `"}`: "0"})
		}
	}
	has(t, values, map[string]string{
		"mooring_refresh_consecutive_failures":                                   "0",
		"mooring_refresh_replacements_total":                                     "0",
		"mooring_refresh_running":                                                "0",
		`mooring_stacks{in_sync="true",status="synced"}`:                         "0",
		`mooring_webhook_deliveries_total{result="invalid_signature"}`:           "0",
		"mooring_refresh_last_success_timestamp_seconds":                         "", // there was none
		"mooring_snapshot_last_change_timestamp_seconds":                         "",
		`mooring_stacks_oldest_status_change_timestamp_seconds{status="synced"}`: "",
	})
}

func TestMetricsFollowRefreshes(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.refreshed(revisionA, "a", "b")
	s.failed("Git is down")
	s.failed("Git is down")
	has(t, s.metrics(), map[string]string{
		`mooring_refreshes_total{outcome="completed",source="startup"}`:           "1",
		`mooring_refreshes_total{outcome="failed",source="startup"}`:              "2",
		`mooring_refresh_duration_seconds_count{outcome="failed"}`:                "2",
		`mooring_refresh_duration_seconds_bucket{outcome="completed",le="+Inf"}`:  "1",
		`mooring_refresh_duration_seconds_bucket{outcome="completed",le="120"}`:   "1",
		`mooring_refresh_consecutive_failures`:                                    "2",
		`mooring_stacks{in_sync="false",status="missing"}`:                        "2",
		`mooring_refresh_duration_seconds_bucket{outcome="failed",le="0.000001"}`: "",
	})
	for range 4 { // one runs, one is queued, and two take its place
		_, err := s.Trigger(t.Context(), actors.Trigger{Source: actors.Manual, ReceivedAt: time.Now()})
		is.NoErr(err)
	}
	has(t, s.metrics(), map[string]string{
		"mooring_refresh_running": "1", "mooring_refresh_queued": "1", "mooring_refresh_replacements_total": "2",
		"mooring_refresh_next_attempt_timestamp_seconds": "", // one runs
	})
	is.True(s.metrics()["mooring_refresh_last_success_timestamp_seconds"] > "1.7")
}

func TestMetricsFollowStacks(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.refreshed(revisionA, "a", "b", "c", "d", "e")
	for path, report := range map[string]string{
		"a": `{"status":"syncing"}`, "b": `{"status":"synced","hash":"` + stacks("b")[0].Hash + `"}`,
		"c": `{"status":"synced","hash":"` + stacks("old")[0].Hash + `"}`, "d": `{"status":"syncing"}`,
	} {
		is.Equal(s.do("PUT", "/api/v1/stacks/"+path, report).status, http.StatusOK)
	}
	s.ended(outcome{desired: actors.DesiredState{
		Revision: revisionB, Stacks: stacks("a", "b", "c", "e"), Skipped: []actors.Skipped{{Path: "x", Reason: "y"}},
	}})
	values := s.metrics()
	has(t, values, map[string]string{
		`mooring_stacks{in_sync="false",status="missing"}`:  "1",
		`mooring_stacks{in_sync="false",status="syncing"}`:  "1",
		`mooring_stacks{in_sync="true",status="synced"}`:    "1",
		`mooring_stacks{in_sync="false",status="synced"}`:   "1",
		`mooring_stacks{in_sync="false",status="deleting"}`: "1",
		"mooring_compose_files_skipped":                     "1",
	})
	is.True(values[`mooring_stacks_oldest_status_change_timestamp_seconds{status="deleting"}`] > "1.7")
}

func TestMetricsCountDeliveriesByResult(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(githubSecret))
	post := func(body, signature string, headers ...string) {
		t.Helper()
		if signature != "" {
			headers = append(headers, strings.TrimSpace(signature))
		}
		s.do("POST", webhookPath, body, headers...)
	}
	post("{}", sign(githubSecret, "{}"))
	post("{}", sign(githubSecret, "{}"), "X-GitHub-Event: ping")
	post("{}", sign("another", "{}"))
	post("{}", sign("another", "{}"))
	post("{}", "")
	has(t, s.metrics(), map[string]string{
		`mooring_webhook_deliveries_total{result="accepted"}`:          "1",
		`mooring_webhook_deliveries_total{result="ignored"}`:           "1",
		`mooring_webhook_deliveries_total{result="invalid_signature"}`: "2",
		`mooring_webhook_deliveries_total{result="missing_signature"}`: "1",
	})
	o := withSecret(githubSecret)
	o.settings.AllowedHosts = []string{"127.0.0.1"}
	guarded := serve(t, o)
	guarded.do("POST", webhookPath, "{}", sign(githubSecret, "{}"), "Host: elsewhere")
	guarded.do("GET", webhookPath, "", "Host: elsewhere") // no delivery
	has(t, guarded.metrics(), map[string]string{`mooring_webhook_deliveries_total{result="misdirected"}`: "1"})
	unset := serve(t, options{})
	is.Equal(unset.do("POST", webhookPath, "{}").status, http.StatusServiceUnavailable)
	has(t, unset.metrics(), map[string]string{`mooring_webhook_deliveries_total{result="webhook_disabled"}`: "1"})
}

// What a webhook may be answered with is counted under a name that is there from the start.
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

func TestScrapeFailsWhenTheActorHasStopped(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.stopActor()
	is.Equal(s.scrape(metricsPath).Code, http.StatusInternalServerError)
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

func BenchmarkScrapeOf20000Stacks(b *testing.B) {
	s := serve(b, options{})
	var desired []actors.DesiredStack
	for _, stack := range manyStacks(20_000).Stacks {
		desired = append(desired, stack.DesiredStack)
	}
	s.ended(outcome{desired: actors.DesiredState{Revision: revisionA, Stacks: desired}})
	b.ReportAllocs()
	for b.Loop() {
		if s.scrape(metricsPath).Code != http.StatusOK {
			b.Fatal("the scrape has failed")
		}
	}
}

func TestDeliveriesAreNotCountedForEver(t *testing.T) {
	is := is.New(t)
	d, counter := newDeliveryCounter()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	counter.run(ctx)
	d.add(t.Context(), deliveryAccepted) // comes back
	_, err := d.count(t.Context())
	is.Equal(err, actors.ErrStopped)
}

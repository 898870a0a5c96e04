package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.uber.org/goleak"

	"mooring/actors"
	"mooring/api/apitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// deliveries is a Counter whose count never changes.
type deliveries map[Delivery]uint64

func (d deliveries) Deliveries(context.Context) (map[Delivery]uint64, error) { return d, nil }

// scraped is a metrics handler with a real refresh actor.
type scraped struct {
	apitest.Actor
	t       testing.TB
	handler http.Handler
}

func start(t testing.TB) scraped {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	return scrapes(t, apitest.Start(t, log), log)
}

func scrapes(t testing.TB, actor apitest.Actor, log *slog.Logger) scraped {
	t.Helper()
	return scraped{actor, t, New(actor, deliveries{{"github", "accepted"}: 0, {"github", "ignored"}: 3}, Build{"v1", "abc"}, log)}
}

// scrape asks for the metrics as Prometheus does.
func (s scraped) scrape() *httptest.ResponseRecorder {
	s.t.Helper()
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return recorder
}

// metrics returns the values of a scrape by name and labels.
func (s scraped) metrics() map[string]string {
	s.t.Helper()
	recorder := s.scrape()
	is.New(s.t).Equal(recorder.Code, http.StatusOK)
	return apitest.Metrics(recorder.Body.String())
}

func TestMetricsKeepToTheConventions(t *testing.T) {
	is := is.New(t)
	s := start(t)
	s.Refreshed(apitest.RevisionA, "a", "b")
	recorder := s.scrape()
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
	s := start(t)
	values := s.metrics()
	for _, outcome := range []string{"completed", "failed"} {
		for _, source := range []string{"startup", "webhook", "manual", "poll"} {
			apitest.HasMetrics(t, values, map[string]string{`mooring_refreshes_total{outcome="` + outcome + `",source="` + source + `"}`: "0"})
		}
	}
	apitest.HasMetrics(t, values, map[string]string{
		"mooring_refresh_consecutive_failures":                                   "0",
		"mooring_refresh_replacements_total":                                     "0",
		"mooring_refresh_running":                                                "0",
		`mooring_stacks{in_sync="true",status="synced"}`:                         "0",
		`mooring_webhook_deliveries_total{result="accepted",sender="github"}`:    "0",
		"mooring_refresh_last_success_timestamp_seconds":                         "", // no refresh has completed
		"mooring_snapshot_last_change_timestamp_seconds":                         "",
		`mooring_stacks_oldest_status_change_timestamp_seconds{status="synced"}`: "",
	})
}

func TestMetricsFollowRefreshes(t *testing.T) {
	is := is.New(t)
	s := start(t)
	s.Refreshed(apitest.RevisionA, "a", "b")
	s.Failed("Git is down")
	s.Failed("Git is down")
	apitest.HasMetrics(t, s.metrics(), map[string]string{
		`mooring_refreshes_total{outcome="completed",source="startup"}`:           "1",
		`mooring_refreshes_total{outcome="failed",source="startup"}`:              "2",
		`mooring_refresh_duration_seconds_count{outcome="failed"}`:                "2",
		`mooring_refresh_duration_seconds_bucket{outcome="completed",le="+Inf"}`:  "1",
		`mooring_refresh_duration_seconds_bucket{outcome="completed",le="120"}`:   "1",
		`mooring_refresh_consecutive_failures`:                                    "2",
		`mooring_stacks{in_sync="false",status="missing"}`:                        "2",
		`mooring_refresh_duration_seconds_bucket{outcome="failed",le="0.000001"}`: "",
	})
	for range 4 { // one runs, one is queued, and the next two replace the queued one
		_, err := s.Trigger(t.Context(), actors.Trigger{Source: actors.Manual, ReceivedAt: time.Now()})
		is.NoErr(err)
	}
	apitest.HasMetrics(t, s.metrics(), map[string]string{
		"mooring_refresh_running": "1", "mooring_refresh_queued": "1", "mooring_refresh_replacements_total": "2",
		"mooring_refresh_next_attempt_timestamp_seconds": "", // one runs
	})
	is.True(s.metrics()["mooring_refresh_last_success_timestamp_seconds"] > "1.7")
}

func TestMetricsFollowStacks(t *testing.T) {
	is := is.New(t)
	s := start(t)
	s.Refreshed(apitest.RevisionA, "a", "b", "c", "d", "e")
	for _, report := range []actors.Report{
		{Path: "a", Status: actors.Syncing}, {Path: "b", Status: actors.Synced, Hash: apitest.Stacks("b")[0].Hash},
		{Path: "c", Status: actors.Synced, Hash: apitest.Stacks("old")[0].Hash}, {Path: "d", Status: actors.Syncing},
	} {
		s.Reported(report)
	}
	s.Ended(apitest.Outcome{Desired: actors.DesiredState{
		Revision: apitest.RevisionB, Stacks: apitest.Stacks("a", "b", "c", "e"), Skipped: []actors.Skipped{{Path: "x", Reason: "y"}},
	}})
	values := s.metrics()
	apitest.HasMetrics(t, values, map[string]string{
		`mooring_stacks{in_sync="false",status="missing"}`:  "1",
		`mooring_stacks{in_sync="false",status="syncing"}`:  "1",
		`mooring_stacks{in_sync="true",status="synced"}`:    "1",
		`mooring_stacks{in_sync="false",status="synced"}`:   "1",
		`mooring_stacks{in_sync="false",status="deleting"}`: "1",
		"mooring_compose_files_skipped":                     "1",
	})
	is.True(values[`mooring_stacks_oldest_status_change_timestamp_seconds{status="deleting"}`] > "1.7")
}

func TestMetricsCountWhatIsHeldAndWhatFailed(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	s := scrapes(t, apitest.StartGuarded(t, log), log)
	apitest.HasMetrics(t, s.metrics(), map[string]string{"mooring_stacks_held": "0", "mooring_stacks_failed": "0"})
	s.Refreshed(apitest.RevisionA, "a", "b", "c")
	s.Reported(actors.Report{Path: "a", Status: actors.Syncing})
	s.Reported(actors.Report{Path: "b", Status: actors.Syncing})
	s.Reported(actors.Report{Path: "c", Status: actors.Missing, Message: "no such image"})
	s.Refreshed(apitest.RevisionB, "c")
	apitest.HasMetrics(t, s.metrics(), map[string]string{
		"mooring_stacks_held": "2", "mooring_stacks_failed": "1", `mooring_stacks{in_sync="false",status="deleting"}`: "0",
	})
}

func TestScrapeFailsWhenTheActorHasStopped(t *testing.T) {
	is := is.New(t)
	s := start(t)
	s.Stop()
	is.Equal(s.scrape().Code, http.StatusInternalServerError)
}

func BenchmarkScrapeOf20000Stacks(b *testing.B) {
	s := start(b)
	var paths []string
	for i := range 20_000 {
		paths = append(paths, fmt.Sprintf("environments/production/service-%06d", i))
	}
	s.Refreshed(apitest.RevisionA, paths...)
	b.ReportAllocs()
	for b.Loop() {
		if s.scrape().Code != http.StatusOK {
			b.Fatal("the scrape has failed")
		}
	}
}

func TestMetricsHaveTheCountOfDeliveriesAndTheBuild(t *testing.T) {
	values := start(t).metrics()
	apitest.HasMetrics(t, values, map[string]string{
		`mooring_webhook_deliveries_total{result="accepted",sender="github"}`: "0",
		`mooring_webhook_deliveries_total{result="ignored",sender="github"}`:  "3",
	})
	for name := range values {
		if strings.HasPrefix(name, "mooring_build_info{") {
			is.New(t).True(strings.Contains(name, `revision="abc",version="v1"`))
		}
	}
}

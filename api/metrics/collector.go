package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mooring/actors"
)

// scrapeBudget is how long the actors may take to answer a scrape; Prometheus gives up after 10 s by default.
const scrapeBudget = 5 * time.Second

// collector makes metrics from what the actors know at the moment of a scrape.
type collector struct {
	viewer  Viewer
	counter Counter
	described
}

// described are the descriptions of the metrics. Their names follow Prometheus' "Metric and label naming".
type described struct {
	refreshes, durations, replacements    *prometheus.Desc
	failures, running, queued             *prometheus.Desc
	lastSuccess, nextAttempt, lastChange  *prometheus.Desc
	stacks, oldest, held, failed, skipped *prometheus.Desc
	webhookDelivered                      *prometheus.Desc
}

func newCollector(viewer Viewer, counter Counter) collector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("mooring_"+name, help, labels, nil)
	}
	return collector{viewer, counter, described{
		refreshes: describe("refreshes_total",
			"Refreshes that have ended, by what asked for them and how they ended.", "source", "outcome"),
		durations: describe("refresh_duration_seconds",
			"How long refreshes took, by how they ended.", "outcome"),
		replacements: describe("refresh_replacements_total",
			"Queued refreshes that a newer trigger has replaced."),
		failures: describe("refresh_consecutive_failures",
			"Failed refreshes since the last completed one."),
		running: describe("refresh_running",
			"1 while a refresh runs, else 0."),
		queued: describe("refresh_queued",
			"1 while a refresh waits for the running one to end, else 0."),
		lastSuccess: describe("refresh_last_success_timestamp_seconds",
			"When a refresh last completed; missing until the first one of this process has."),
		nextAttempt: describe("refresh_next_attempt_timestamp_seconds",
			"When the next automatic refresh starts; missing while one runs and when none is planned."),
		lastChange: describe("snapshot_last_change_timestamp_seconds",
			"When the revision, a stack, a status or what is skipped last changed; missing before the first refresh."),
		stacks: describe("stacks",
			"Stacks by status, and by whether what is applied is what Git wants.", "status", "in_sync"),
		oldest: describe("stacks_oldest_status_change_timestamp_seconds",
			"When the stack that has had a status for longest got it; missing where no stack has that status.", "status"),
		held: describe("stacks_held",
			"Stacks that Git no longer has and whose removal is held until someone releases it."),
		failed: describe("stacks_failed",
			"Stacks that a deployer could not apply when it last tried."),
		skipped: describe("compose_files_skipped",
			"Compose files in Git that cannot be served."),
		webhookDelivered: describe("webhook_deliveries_total",
			"Webhook deliveries by sender, and by result: accepted, ignored, or the error code of the refusal.",
			"sender", "result"),
	}}
}

// Describe sends the description of every metric that Collect may send.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		c.refreshes, c.durations, c.replacements, c.failures, c.running, c.queued, c.lastSuccess, c.nextAttempt,
		c.lastChange, c.stacks, c.oldest, c.held, c.failed, c.skipped, c.webhookDelivered,
	} {
		to <- desc
	}
}

// Collect asks the actors and sends what they know.
func (c collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeBudget)
	defer cancel()
	view, err := c.viewer.View(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(c.refreshes, err)
		return
	}
	count, err := c.counter.Deliveries(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(c.webhookDelivered, err)
		return
	}
	for delivery, n := range count {
		to <- total(c.webhookDelivered, n, delivery.Sender, delivery.Result)
	}
	c.collectRefreshes(to, view.Totals)
	c.collectState(to, view)
	c.collectStacks(to, view.Snapshot)
}

// collectRefreshes sends the totals of the refreshes. Every source and outcome exists from the start with 0, because
// Prometheus cannot see the first increase of a series that did not exist.
func (c collector) collectRefreshes(to chan<- prometheus.Metric, totals actors.Totals) {
	for _, outcome := range []actors.Phase{actors.Completed, actors.Failed} {
		for _, source := range []actors.TriggerSource{actors.Startup, actors.Webhook, actors.Manual, actors.Poll} {
			to <- total(c.refreshes, totals.Of(source, outcome).Count, string(source), string(outcome))
		}
		all := totals.All(outcome)
		buckets := make(map[float64]uint64)
		for i, bound := range actors.DurationBounds() {
			buckets[bound.Seconds()] = all.Within[i]
		}
		to <- prometheus.MustNewConstHistogram(c.durations, all.Count, all.Duration.Seconds(), buckets, string(outcome))
	}
	to <- total(c.replacements, totals.Replaced)
}

// collectState sends the current state of the refreshes.
func (c collector) collectState(to chan<- prometheus.Metric, view actors.View) {
	_, runs := view.Current()
	_, waits := view.Queued()
	to <- gauge(c.running, bit(runs))
	to <- gauge(c.queued, bit(waits))
	to <- gauge(c.failures, float64(view.Failures))
	moment(to, c.lastSuccess, view.LastSuccess.FinishedAt)
	moment(to, c.nextAttempt, view.NextAttempt)
	moment(to, c.lastChange, view.Snapshot.ChangedAt)
}

// collectStacks counts the stacks in one pass.
func (c collector) collectStacks(to chan<- prometheus.Metric, snapshot actors.Snapshot) {
	const statuses = 4
	inSync, held, failed := 0, 0, 0
	count, oldest := make(map[actors.Status]int, statuses), make(map[actors.Status]time.Time, statuses)
	for _, stack := range snapshot.Stacks {
		count[stack.Status]++
		if since, found := oldest[stack.Status]; !found || stack.StatusChangedAt.Before(since) {
			oldest[stack.Status] = stack.StatusChangedAt
		}
		if stack.InSync() {
			inSync++
		}
		if stack.Hold != nil {
			held++
		}
		if stack.HasFailed() {
			failed++
		}
	}
	for _, status := range []actors.Status{actors.Missing, actors.Syncing, actors.Synced, actors.Deleting} {
		out := count[status]
		if status == actors.Synced { // a stack with another status is never in sync
			out -= inSync
			to <- gauge(c.stacks, float64(inSync), string(status), "true")
		}
		to <- gauge(c.stacks, float64(out), string(status), "false")
		moment(to, c.oldest, oldest[status], string(status))
	}
	to <- gauge(c.held, float64(held))
	to <- gauge(c.failed, float64(failed))
	to <- gauge(c.skipped, float64(len(snapshot.Skipped)))
}

func total(desc *prometheus.Desc, value uint64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), labels...)
}

func gauge(desc *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}

// moment sends a time in seconds since 1970, and nothing for the zero one.
func moment(to chan<- prometheus.Metric, desc *prometheus.Desc, t time.Time, labels ...string) {
	if !t.IsZero() {
		to <- gauge(desc, float64(t.UnixMilli())/1000, labels...)
	}
}

func bit(set bool) float64 {
	if set {
		return 1
	}
	return 0
}

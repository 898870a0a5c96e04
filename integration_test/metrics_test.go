package integration_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"mooring/integration_test/lab"
)

// metricsAddress returns where the service serves its metrics, from its log.
func (s *service) metricsAddress() string {
	s.t.Helper()
	return lab.Field(s.logged("serving metrics"), "address")
}

// scrape returns the metrics of a service.
func (s *service) scrape() string {
	s.t.Helper()
	is := is.New(s.t)
	response, err := s.http.Get("http://" + s.metricsAddress() + "/metrics")
	is.NoErr(err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	is.NoErr(err)
	is.Equal(response.StatusCode, http.StatusOK)
	s.secrets.check(s.t, "/metrics", string(content))
	return string(content)
}

// holdsLines checks that a scrape has some lines.
func holdsLines(t *testing.T, scrape string, lines ...string) {
	t.Helper()
	all := strings.Split(scrape, "\n")
	for _, line := range lines {
		if !slices.Contains(all, line) {
			t.Errorf("the metrics lack the line %s", line)
		}
	}
}

func TestMetricsTellWhatHasHappened(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	host := serveRepository(t, repo)
	s := start(t, "GIT_URL="+host.url(), "METRICS_ADDR=127.0.0.1:0", "WEBHOOK_SECRET="+githubSecret)
	s.awaitRevision(revision)
	s.refresh()
	host.Refuse(http.StatusServiceUnavailable)
	s.refresh()
	is.Equal(s.deliver("{}", "X-GitHub-Event: ping").status, http.StatusOK)
	is.Equal(s.do(http.MethodPost, "/api/v1/webhook", "{}").status, http.StatusUnauthorized)
	s.report("web", `{"status":"syncing"}`)
	scrape := s.scrape()
	holdsLines(t, scrape,
		`mooring_refreshes_total{outcome="completed",source="startup"} 1`,
		`mooring_refreshes_total{outcome="completed",source="manual"} 1`,
		`mooring_refreshes_total{outcome="failed",source="manual"} 1`,
		`mooring_refresh_duration_seconds_count{outcome="completed"} 2`,
		`mooring_refresh_consecutive_failures 1`,
		`mooring_stacks{in_sync="false",status="missing"} 1`,
		`mooring_stacks{in_sync="false",status="syncing"} 1`,
		`mooring_webhook_deliveries_total{result="ignored",sender="github"} 1`,
		`mooring_webhook_deliveries_total{result="missing_signature",sender="unknown"} 1`,
	)
	problems, err := promlint.New(strings.NewReader(scrape)).Lint()
	is.NoErr(err)
	is.Equal(len(problems), 0)
	// The metrics' listener serves nothing else, and the API's listener serves no metrics.
	is.Equal(s.get("/metrics").status, http.StatusNotFound)
	api := s.address
	s.address = s.metricsAddress()
	s.refuses(s.get("/api/v1/stacks"), http.StatusNotFound, "not_found")
	s.address = api
}

func TestMetricsAreServedWithoutTheAPI(t *testing.T) {
	repo, _ := with(t, twoStacks())
	s := launch(t, t.TempDir(), "GIT_URL="+repo.bare, "METRICS_ADDR=127.0.0.1:0", "HEADLESS=true", "POLL_INTERVAL=1h")
	s.logged("refresh completed")
	holdsLines(t, s.scrape(), `mooring_refreshes_total{outcome="completed",source="startup"} 1`,
		`mooring_stacks{in_sync="false",status="missing"} 2`)
	is.New(t).Equal(lab.Listening(s.lines()), "")
}

func TestMetricsAddressInUseEndsTheStart(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	is.NoErr(err)
	defer listener.Close()
	got := run(t, nil, "GIT_URL="+repo.bare, "LISTEN_ADDR=127.0.0.1:0", "METRICS_ADDR="+listener.Addr().String())
	is.Equal(got.code, 1)
	is.True(strings.Contains(got.stderr, "METRICS_ADDR"))
	is.True(strings.Contains(got.stderr, "address already in use"))
}

// The example's rules name only metrics and label values that exist. promtool can check the rest of a rule.
func TestAlertsNameMetricsThatThereAre(t *testing.T) {
	is := is.New(t)
	content, err := os.ReadFile("../examples/alerts.yml")
	is.NoErr(err)
	// With one stack in each status every series is there.
	repo, revision := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare, "METRICS_ADDR=127.0.0.1:0", "POLL_INTERVAL=1h")
	s.awaitRevision(revision)
	s.report("web", `{"status":"syncing"}`)
	s.report("db/main", `{"status":"syncing"}`)
	repo.push(files{"web/docker-compose.yml": ""})
	s.refresh()
	scrape := s.scrape()
	used := regexp.MustCompile(`\b(?:mooring|process)_\w+`).FindAllString(string(content), -1)
	is.True(len(used) > 8)
	for _, name := range used {
		if !strings.Contains(scrape, "\n"+name+" ") && !strings.Contains(scrape, "\n"+name+"{") {
			t.Errorf("the alerts name %s, which is not served", name)
		}
	}
	labels := regexp.MustCompile(`(status|in_sync|outcome|result)(?:=|!=|!~|=~)"([^"]*)"`)
	matches := labels.FindAllStringSubmatch(string(content), -1)
	is.True(len(matches) > 4)
	for _, match := range matches {
		for value := range strings.SplitSeq(match[2], "|") {
			if !strings.Contains(scrape, match[1]+`="`+value+`"`) {
				t.Errorf("the alerts name %s=%q, which is not served", match[1], value)
			}
		}
	}
}

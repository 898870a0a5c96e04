package integration_test

import (
	"net/http"
	"os"
	"strconv"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// figures reads the figures of the process from the system and from its metrics.
func (s *service) figures() lab.Figures {
	s.t.Helper()
	goroutines := lab.ParseMetrics(s.scrape())["go_goroutines"]
	is.New(s.t).True(goroutines > 0)
	now := s.measured()
	now.Goroutines = int(goroutines)
	return now
}

// measured reads the figures of the process from the system.
func (s *service) measured() lab.Figures {
	s.t.Helper()
	now, err := lab.FiguresOf(s.Command.Process.Pid)
	if err != nil {
		s.t.Skip("Linux alone tells what a process has")
	}
	return now
}

// The process does not grow by thousands of refreshes of a local repository and hundreds over HTTP, with failures and
// changes among them. The history of refreshes is full after a hundred.
func TestManyRefreshesKeepNothingOpen(t *testing.T) {
	repo, first := with(t, twoStacks())
	host := serveRepository(t, repo)
	for name, c := range map[string]struct {
		url        string
		count      int
		fail, mend func() error
	}{
		"local path": {repo.bare, 10_000, func() error { return os.Rename(repo.bare, repo.bare+".away") },
			func() error { return os.Rename(repo.bare+".away", repo.bare) }},
		"HTTP": {host.url(), 300, func() error { host.Refuse(http.StatusInternalServerError); return nil },
			func() error { host.Refuse(0); return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := start(t, "GIT_URL="+c.url, "METRICS_ADDR=127.0.0.1:0", "LOG_LEVEL=info", "REFRESH_TIMEOUT=1m", shipped())
			s.awaitRevision(first)
			var before lab.Figures
			for i := range c.count {
				if i == max(100, c.count/10) {
					before = s.figures()
				}
				switch {
				case i%10 == 9:
					is.NoErr(c.fail())
					is.Equal(s.refresh().Status, "failed")
					is.NoErr(c.mend())
				case i%(c.count/20) == 0:
					first = repo.push(files{"web/docker-compose.yml": "services: {n" + strconv.Itoa(i) + ": {}}"})
					is.Equal(s.refresh().Revision, first)
				default:
					is.Equal(s.refresh().Status, "completed")
				}
			}
			is.NoErr(s.figures().Grown(before))
			is.Equal(s.refresh().Revision, first)
		})
	}
}

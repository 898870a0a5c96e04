package integration_test

import (
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/matryer/is"
)

// figures are what the process has at one moment.
type figures struct{ goroutines, files, resident int }

// figures reads what the system says of the process and what it says of itself.
func (s *service) figures() figures {
	s.t.Helper()
	match := regexp.MustCompile(`(?m)^go_goroutines (\d+)$`).FindStringSubmatch(s.scrape())
	is.New(s.t).Equal(len(match), 2)
	goroutines, _ := strconv.Atoi(match[1]) // digits
	return figures{goroutines, s.open(), s.memory("VmRSS")}
}

// isFlat fails the test when something has grown beyond what a new connection, or the timing of garbage collection,
// explains.
func (f figures) isFlat(t *testing.T, before figures) {
	t.Helper()
	t.Logf("first %+v, then %+v", before, f)
	const slack = 8 << 20 // bytes
	if f.resident > before.resident+before.resident/4+slack {
		t.Error("memory grows")
	}
	if f.goroutines > before.goroutines+3 {
		t.Error("goroutines grow")
	}
	if f.files > before.files+2 {
		t.Error("open files grow")
	}
}

// Thousands of refreshes of a repository in place and hundreds over HTTP, failures and changes among them, leave nothing
// behind. What is remembered of them is full after a hundred (contract, section 3).
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
		"HTTP": {host.url(), 300, func() error { host.refuse(http.StatusInternalServerError); return nil },
			func() error { host.refuse(0); return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := start(t, "GIT_URL="+c.url, "METRICS_ADDR=127.0.0.1:0", "LOG_LEVEL=info", "REFRESH_TIMEOUT=1m", shipped())
			s.awaitRevision(first)
			var before figures
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
			s.figures().isFlat(t, before)
			is.Equal(s.refresh().Revision, first)
		})
	}
}

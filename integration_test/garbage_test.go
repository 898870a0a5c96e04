package integration_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// collection is what GODEBUG=gctrace=1 tells of one (package runtime, "Environment Variables"), in MB.
type collection struct{ live, goal int }

func (s *service) collections() []collection {
	told := regexp.MustCompile(`^gc \d+ .*, \d+->\d+->(\d+) MB, (\d+) MB goal`)
	var all []collection
	for _, line := range s.lines() {
		if match := told.FindStringSubmatch(line); match != nil {
			live, _ := strconv.Atoi(match[1])
			goal, _ := strconv.Atoi(match[2])
			all = append(all, collection{live, goal})
		}
	}
	return all
}

// A start that collects garbage shares the processors that the Git host needs, or its own answer.
func TestSmallStartCollectsNoGarbageAndWhatFollowsAsUsual(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	s := start(t, "GIT_URL="+serveRepository(t, repo).url(), "GODEBUG=gctrace=1", "WEBHOOK_SECRET=is known to nobody")
	s.awaitRevision(revision)
	is.Equal(s.collections(), nil)

	body := strings.Repeat(" ", 60<<10) // which is kept until its signature turns out to be wrong
	for range 1000 {
		signature := "X-Hub-Signature-256: sha256=" + strings.Repeat("0", 64)
		is.Equal(s.do(http.MethodPost, "/api/v1/webhook", body, signature).status, http.StatusUnauthorized)
	}
	all := s.collections()
	is.True(len(all) > 2)
	for i, next := range all[1:] {
		// A new goal is twice what was live, and room for stacks and globals.
		const room = 3
		if usual := 2*all[i].live + room; next.goal > usual {
			t.Errorf("the heap may grow to %d MB where %d MB are live: %s", next.goal, all[i].live, strings.Join(s.lastLines(), "\n"))
		}
	}
}

func TestPaceOfCollectionThatTheOperatorSetsCountsFromTheStart(t *testing.T) {
	repo, revision := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare, "GODEBUG=gctrace=1", "GOGC=20")
	s.awaitRevision(revision)
	is.New(t).True(len(s.collections()) > 0)
}

package integration_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// Faults of a Git host over HTTP. After each fault the last good snapshot and its revision stay, the failure has its
// code and a clean sentence, and the service recovers by itself although polling is off.

// faultCase is a fault and the expected failure.
type faultCase struct {
	name  string
	fault lab.Fault
	code  string
	// says is part of the sentence.
	says string
}

// limit is the setting of REFRESH_TIMEOUT. It is short if the fault lasts until then.
func (c faultCase) limit() string {
	if c.code == "timeout" {
		return "REFRESH_TIMEOUT=4s"
	}
	return "REFRESH_TIMEOUT=20s"
}

func httpFaults() []faultCase {
	const plain, page, advertisement = "text/plain", "text/html; charset=utf-8", "application/x-git-upload-pack-advertisement"
	const login = "<!DOCTYPE html><title>Sign in</title><form>password <input></form>"
	block := strings.Repeat("no end in sight ", 2<<10)
	unknown := lab.Answers(401, plain, "who?", "WWW-Authenticate", `Basic realm="x"`)
	return []faultCase{
		{"the connection is reset", lab.Resets, "git_unreachable", "closed the connection"},
		{"500 with a page", lab.Answers(500, page, "<pre>stack trace</pre>"), "git_unreachable", "500 Internal Server Error."},
		{"503", lab.Answers(503, plain, "down for maintenance"), "git_unreachable", "down for maintenance."},
		{"429", lab.Answers(429, plain, "slow down", "Retry-After", "2"), "git_unreachable", "429 Too Many Requests: slow down."},
		{"401", unknown, "git_auth", "GIT_PASSWORD"}, {"401 half-way", halfWay(unknown), "git_auth", "GIT_PASSWORD"},
		{"403 with ESC and newlines", lab.Answers(403, plain, "no\n\x1b[31m\x00way\u202e"), "git_auth", "403 Forbidden: no [31m way."},
		{"404", lab.Answers(404, plain, "nothing here"), "git_not_found", "404 Not Found: nothing here."},
		{"a login page in place of Git", lab.Answers(200, page, login), "git_protocol", "web page"},
		{"a login page that says it is Git", lab.Answers(200, advertisement, login), "git_protocol", ""},
		{"nothing in place of Git", lab.Answers(200, advertisement, ""), "git_protocol", ""},
		{"an error without end", answersWithoutEnd(403, plain, "", block), "git_auth", "403 Forbidden: no end in sight"},
		{"an unavailable page without end", answersWithoutEnd(503, page, "", block), "git_unreachable", "503"},
		{"a page without end", answersWithoutEnd(200, page, login, block), "git_protocol", "web page"},
		{"a redirect to a host that wants credentials", redirectsToAnotherName, "git_auth", "redirects to localhost:"},
		{"a redirect to a login page", lab.Answers(302, page, "", "Location", "/users/sign_in"), "git_protocol", "login page"},
		{"a pack that breaks off", lab.InPack(breaksOffInPack), "git_unreachable|git_protocol", ""},
		{"a pack that ends too early", lab.InPack(lab.Halves), "git_protocol", "cut short"},
		{"a corrupt pack", lab.InPack(lab.CorruptsPack), "git_protocol", ""},
		{"a pack without what was asked for", lab.InPack(sends(emptyPack)), "git_protocol", "not whole"},
		{"a pack without end", lab.InPack(packsWithoutEnd), "git_protocol", ""},
		{"silence", lab.Hangs, "timeout", "4s"},
		{"silence in the middle of a pack", lab.InPack(hangsInPack), "timeout", "4s"},
		{"a trickle", trickles(200, 50*time.Millisecond), "timeout", "4s"},
	}
}

// Every kind of secret is in use, and SNAPSHOT_FILE is written. It must have no secret in it.
func TestFaultOfAGitHostIsToldAndLeavesTheSnapshot(t *testing.T) {
	const token = "t0ken & <more>"
	for _, c := range httpFaults() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repo, first := with(t, twoStacks())
			host := serveRepository(t, repo)
			s := start(t, "GIT_URL="+host.url("robot", "p@ss: w/rd"), c.limit(), "WEBHOOK_SECRET="+githubSecret,
				"DEPLOYER_TOKEN="+token, "SNAPSHOT_FILE="+filepath.Join(t.TempDir(), "snapshot.json"))
			s.awaitRevision(first)
			s.logged("refresh completed")
			next := repo.push(files{"new/docker-compose.yml": "services: {}"})
			before := s.get("/api/v1/stacks")

			host.Suffer(c.fault)
			failed := s.refresh()
			c.isTold(t, failed.Error)
			s.keeps(before, first, failed)

			host.Suffer(nil)
			is.Equal(s.awaitRevision(next).paths(), []string{"db/main", "new", "web"})
			status := s.status()
			is.Equal(status.Last.Trigger.Source, "poll") // nobody has asked
			is.Equal(status.Failures, 0)
			is.True(status.NextPollAt.IsZero())
			s.report("web", `{"status":"syncing"}`, "Authorization: Bearer "+token) // answered when the file holds it
			is.Equal(s.deliver("{}", "X-GitHub-Event: ping").status, http.StatusOK)
		})
	}
}

// The same faults at the first refresh of -once: it prints nothing to standard output and says why.
func TestFaultOfAGitHostBeforeTheFirstSyncIsTold(t *testing.T) {
	for _, c := range httpFaults() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			repo, _ := with(t, twoStacks())
			host := serveRepository(t, repo)
			host.Suffer(c.fault)
			got := run(t, []string{"-once"}, "GIT_URL="+host.url("robot", "p@ss: w/rd"), c.limit())
			is := is.New(t)
			is.Equal(got.code, 1)
			is.Equal(got.stdout, "")
			is.Equal(strings.Count(got.stderr, "\n"), 1)
			code, sentence, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(got.stderr, "mooring: ")), ": ")
			c.isTold(t, failure{code, sentence})
		})
	}
}

// isTold checks a failure's code and that its sentence may be shown to anyone.
func (c faultCase) isTold(t *testing.T, told failure) {
	t.Helper()
	if !strings.Contains("|"+c.code+"|", "|"+told.Code+"|") {
		t.Errorf("%s is told instead of %s: %s", told.Code, c.code, told.Message)
	}
	isSentence(t, told.Message)
	if !strings.Contains(told.Message, c.says) {
		t.Errorf("%q does not say %q", told.Message, c.says)
	}
}

// isSentence checks that a text is one line of bounded length, without control characters or a page's text.
func isSentence(t *testing.T, text string) {
	t.Helper()
	const longest = 300 + 300 // characters: the quoted text of a Git host, and the text around it
	odd := strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == '<' })
	if odd || text == "" || len([]rune(text)) > longest {
		t.Errorf("this is no clean sentence: %q", text)
	}
}

// keeps checks that the service still serves the snapshot from before a refresh failed, and also reports the failure.
func (s *service) keeps(before reply, revision string, failed refresh) {
	s.t.Helper()
	is := is.New(s.t)
	is.Equal(failed.Status, "failed")
	now := s.get("/api/v1/stacks")
	is.Equal(now.body, before.body)
	is.Equal(now.header.Get("Etag"), before.header.Get("Etag"))
	status := s.status()
	is.Equal(status.Revision, revision)
	is.Equal(status.LastSuccess.Revision, revision)
	is.Equal(status.Last.Status, "failed")
	is.True(status.Failures >= 1)
	is.True(!status.NextPollAt.IsZero() || status.Current != nil) // a retry is planned, or runs already
	is.Equal(s.get("/readyz").status, http.StatusOK)
	s.logged("level=ERROR", "refresh failed", "id="+failed.ID, "code="+failed.Error.Code)
}

// Retry-After is honoured: the next attempt comes after that time (RFC 9110, section 10.2.3).
func TestRetryAfterOfAGitHostIsHonoured(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	_, host, _, s := refreshed(t, twoStacks())
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		host.Suffer(lab.Answers(status, "text/plain", "later", "Retry-After", "3"))
		refused := s.refresh()
		wait := s.status().NextPollAt.Sub(refused.Finished)
		if wait < 3*time.Second || wait > 5*time.Second {
			t.Errorf("after %d the next attempt comes after %s", status, wait)
		}
		host.Suffer(nil)
		is.Equal(s.refresh().Status, "completed") // a manual refresh does not wait
	}
	host.Suffer(lab.Answers(http.StatusTooManyRequests, "text/plain", "later", "Retry-After", "999999999"))
	refused := s.refresh()
	is.True(s.status().NextPollAt.Sub(refused.Finished) < 2*time.Hour) // a host cannot stop the retries for longer
}

// The service waits for a slow host until REFRESH_TIMEOUT, and no longer.
func TestSlowGitIsServedWithinItsTimeAlone(t *testing.T) {
	for _, c := range []struct{ limit, outcome string }{{"30s", "completed"}, {"500ms", "failed"}} {
		t.Run(c.limit, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repo, host, first, s := refreshed(t, twoStacks(), "REFRESH_TIMEOUT="+c.limit)
			next := repo.push(files{"new/docker-compose.yml": "services: {}"})
			host.Suffer(trickles(10, 40*time.Millisecond))
			ended := s.refresh()
			is.Equal(ended.Status, c.outcome)
			if c.outcome == "completed" {
				is.Equal(ended.Revision, next)
			} else {
				is.Equal(ended.Error.Code, "timeout")
				is.True(ended.Duration < 1500) // milliseconds: the refresh ends soon after its time
				is.Equal(s.snapshot().Revision, first)
			}
		})
	}
}

// The connection of a refresh that hangs is closed when its time is over.
func TestTimeoutClosesTheConnectionToTheGitHost(t *testing.T) {
	is := is.New(t)
	repo, host, _, s := refreshed(t, twoStacks(), "REFRESH_TIMEOUT=1s")
	repo.push(files{"new/docker-compose.yml": "services: {}"})
	host.Hang()
	is.Equal(s.refresh().Error.Code, "timeout")
	ended := host.Counts().Requests
	await(t, host.State, "the end of the request", func(now lab.HostState) bool {
		return now.UnderWay == 0 || now.Requests > ended // or there is already the request of the retry
	})
	is.Equal(host.Counts().Most, 1)
	is.Equal(s.stop(syscall.SIGTERM), 0)
}

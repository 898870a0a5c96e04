package integration_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// A webhook arrives before the Git host's ref has moved: the service asks the host again after 1, 2 and 4 s.

// laggingUntil returns when the host has answered that many requests for the ref.
func (h host) laggingUntil(t *testing.T, tips int) {
	t.Helper()
	await(t, h.State, "the answers with the old revision", func(now lab.HostState) bool {
		return now.Tips >= tips && now.UnderWay == 0
	})
}

// The push reaches Git after the second answer: the same refresh finds it, 1 s and 2 s after it began.
func TestGitThatLagsBehindTheWebhookIsAskedAgain(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, host, first, s := hooked(t)
	next := repo.commit(files{"new/docker-compose.yml": "services: {}"})
	before := host.Counts().Tips
	begin := time.Now()
	accepted := decode[refresh](t, s.deliver(lab.PushEvent("refs/heads/main", first, next), "X-GitHub-Event: push"))
	host.laggingUntil(t, before+2)
	repo.publish("HEAD:refs/heads/main")
	s.awaitRevision(next)
	s.logged("refresh completed", "id="+accepted.ID)
	is.Equal(s.found(accepted.ID).Revision, next)
	is.Equal(host.Counts().Tips, before+3)
	is.True(time.Since(begin) >= 3*time.Second) // after 1 s and after 2 s more, not at once
}

// If a push never reaches Git, the refresh ends after 1, 2 and 4 s with the revision that Git has. Meanwhile readers
// are served, and a new trigger is queued.
func TestGitThatNeverHasThePushOfTheWebhookEndsTheRefresh(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, host, first, s := hooked(t)
	next := repo.commit(files{"new/docker-compose.yml": "services: {}"})
	before := host.Counts().Tips
	accepted := decode[refresh](t, s.deliver(lab.PushEvent("refs/heads/main", first, next), "X-GitHub-Event: push"))
	host.laggingUntil(t, before+1)
	is.Equal(s.snapshot().Revision, first)
	queued := s.trigger()
	is.Equal(queued.Status, "queued")
	s.logged("refresh completed", "id="+queued.ID)
	ended := s.found(accepted.ID)
	is.Equal(ended.Status, "completed")
	is.Equal(ended.Revision, first)
	is.True(ended.Duration >= 7000 && ended.Duration < 12_000) // milliseconds
	is.Equal(host.Counts().Tips, before+4+1)
	is.Equal(host.Counts().Most, 1)
}

// The refresh of a push fails, and the host still has the old revision at the next attempt: it is asked again.
func TestPushOfAWebhookOutlivesAFailedRefresh(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, host, first, s := hooked(t)
	next := repo.commit(files{"new/docker-compose.yml": "services: {}"})
	host.Refuse(http.StatusServiceUnavailable)
	accepted := decode[refresh](t, s.deliver(lab.PushEvent("refs/heads/main", first, next), "X-GitHub-Event: push"))
	s.logged("refresh failed", "id="+accepted.ID)
	host.Refuse(0)
	host.laggingUntil(t, host.Counts().Tips+2)
	repo.publish("HEAD:refs/heads/main")
	s.awaitRevision(next)
	s.logged("refresh completed", "source=poll", "revision="+next) // no other webhook came
	is.Equal(s.status().Last.Trigger.Expected, next)
}

// A push of an annotated tag names the tag objects, and a refresh the commits behind them.
func TestGitThatLagsBehindAPushOfAnAnnotatedTagIsAskedAgain(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, first := with(t, twoStacks())
	tag := func() string {
		git(t, repo.work, "tag", "--annotate", "--force", "--message=x", "v1")
		return strings.TrimSpace(git(t, repo.work, "rev-parse", "refs/tags/v1"))
	}
	before := tag()
	repo.publish("+refs/tags/v1:refs/tags/v1")
	host := serveRepository(t, repo)
	s := start(t, "GIT_URL="+host.url(), "GIT_REF=v1", "WEBHOOK_SECRET="+githubSecret)
	s.awaitRevision(first)
	s.logged("refresh completed")
	next := repo.commit(files{"new/docker-compose.yml": "services: {}"})
	after := tag()
	asked := host.Counts().Tips
	accepted := decode[refresh](t, s.deliver(lab.PushEvent("refs/tags/v1", before, after), "X-GitHub-Event: push"))
	host.laggingUntil(t, asked+2)
	repo.publish("+refs/tags/v1:refs/tags/v1")
	s.awaitRevision(next)
	s.logged("refresh completed", "id="+accepted.ID)
	is.Equal(s.found(accepted.ID).Revision, next)
}

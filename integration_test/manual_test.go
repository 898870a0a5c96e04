package integration_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// A refresh on demand, and the status of each stack.

// refreshed returns a service that has refreshed once, from a repository over HTTP.
func refreshed(t *testing.T, content files, variables ...string) (repository, host, string, *service) {
	t.Helper()
	repo, revision := with(t, content)
	host := serveRepository(t, repo)
	s := start(t, append([]string{"GIT_URL=" + host.url()}, variables...)...)
	s.awaitRevision(revision)
	s.logged("refresh completed")
	return repo, host, revision, s
}

func TestManualRefreshRefreshesAndEachStackHasAStatus(t *testing.T) {
	is := is.New(t)
	repo, _, _, s := refreshed(t, twoStacks())
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	accepted := s.trigger()
	is.Equal(accepted.Status, "refreshing")
	is.Equal(accepted.Trigger.Source, "manual")
	seen := s.awaitRevision(next)
	is.Equal(seen.paths(), []string{"db/main", "new", "web"})
	for _, stack := range seen.Stacks {
		is.Equal(stack.Status, "missing")
		is.Equal(s.stack(stack.Path), stack)
	}
}

func TestNewStackStartsMissingWhileOthersKeepTheirStatus(t *testing.T) {
	is := is.New(t)
	repo, _, first, s := refreshed(t, twoStacks())
	old := repo.hash(first, "web/docker-compose.yml")
	s.report("db/main", `{"status":"syncing"}`)
	web := s.report("web", fmt.Sprintf(`{"status":"synced","hash":%q}`, old))
	is.True(web.InSync)
	repo.push(files{"new/docker-compose.yml": "services: {}", "web/docker-compose.yml": "services: {web: {}}"})
	ended := s.refresh()
	is.Equal(ended.Changes.Added, []string{"new"})
	is.Equal(ended.Changes.Changed, []string{"web"})
	seen := s.snapshot()
	is.Equal(seen.at("new").Status, "missing")
	is.Equal(seen.at("db/main").Status, "syncing")
	is.Equal(seen.at("web").Status, "synced")
	is.Equal(seen.at("web").StatusChangedAt, web.StatusChangedAt)
	is.Equal(seen.at("web").AppliedHash, old)
	is.True(!seen.at("web").InSync) // Git now has another hash than the applied one
	is.Equal(len(decode[snapshot](t, s.get("/api/v1/stacks?in_sync=false&status=synced")).Stacks), 1)
}

func TestStackGoneFromGitIsDroppedOrWaitsToBeDeleted(t *testing.T) {
	is := is.New(t)
	repo, _, first, s := refreshed(t, files{
		"never/docker-compose.yml": "services: {never: {}}", "runs/docker-compose.yml": "services: {runs: {}}",
		"stays/docker-compose.yml": "services: {stays: {}}",
	})
	applied := repo.hash(first, "runs/docker-compose.yml")
	s.report("runs", fmt.Sprintf(`{"status":"synced","hash":%q}`, applied))
	repo.push(files{"never/docker-compose.yml": "", "runs/docker-compose.yml": ""})
	is.Equal(s.refresh().Changes.Removed, []string{"never", "runs"})
	seen := s.snapshot()
	is.Equal(seen.paths(), []string{"runs", "stays"})
	is.Equal(seen.at("runs").Status, "deleting")
	is.Equal(seen.at("runs").Hash, applied)
	s.refuses(s.do(http.MethodPut, "/api/v1/stacks/runs", `{"status":"syncing"}`), http.StatusConflict, "deleting")
	s.refuses(s.do(http.MethodDelete, "/api/v1/stacks/stays", ""), http.StatusConflict, "still_desired")
	is.Equal(s.do(http.MethodDelete, "/api/v1/stacks/runs", "").status, http.StatusOK)
	is.Equal(s.snapshot().paths(), []string{"stays"})
	s.refuses(s.get("/api/v1/stacks/runs"), http.StatusNotFound, "not_found")
}

func TestStackBackInGitWhileDeletingIsMissing(t *testing.T) {
	is := is.New(t)
	repo, _, first, s := refreshed(t, twoStacks())
	applied := repo.hash(first, "web/docker-compose.yml")
	s.report("web", fmt.Sprintf(`{"status":"synced","hash":%q}`, applied))
	repo.push(files{"web/docker-compose.yml": ""})
	s.refresh()
	is.Equal(s.snapshot().at("web").Status, "deleting")
	repo.push(twoStacks())
	s.refresh()
	is.Equal(s.snapshot().at("web").Status, "missing")
	is.Equal(s.snapshot().at("web").AppliedHash, applied)
}

// Git is unreachable during a refresh: the last good snapshot stays, the API shows the error, and the service recovers
// by itself although polling is off.
func TestGitUnreachableDuringARefreshKeepsTheLastSnapshot(t *testing.T) {
	is := is.New(t)
	repo, host, first, s := refreshed(t, twoStacks())
	before := s.get("/api/v1/stacks")
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	host.Refuse(http.StatusBadGateway)
	failed := s.refresh()
	is.Equal(failed.Status, "failed")
	is.Equal(failed.Error.Code, "git_unreachable")
	is.Equal(s.get("/api/v1/stacks").body, before.body)
	status := s.status()
	is.Equal(status.Status, "failed")
	is.Equal(status.Revision, first)
	is.Equal(status.Last.ID, failed.ID)
	is.Equal(status.LastSuccess.Revision, first)
	is.True(status.Failures >= 1)
	is.True(!status.NextPollAt.IsZero() || status.Current != nil) // a retry is planned, or runs already
	is.Equal(s.get("/readyz").status, http.StatusOK)
	host.Refuse(0)
	s.awaitRevision(next)
	is.Equal(s.status().Failures, 0)
	is.Equal(s.status().Last.Trigger.Source, "poll")
}

func TestGitHangingFailsTheRefreshAfterItsTime(t *testing.T) {
	is := is.New(t)
	_, host, first, s := refreshed(t, twoStacks(), "REFRESH_TIMEOUT=1s")
	host.Hang()
	failed := s.refresh()
	is.Equal(failed.Error.Code, "timeout")
	is.Equal(s.snapshot().Revision, first)
	host.Release()
	is.Equal(s.refresh().Status, "completed")
}

// Triggers while a refresh runs: the first one is queued. Each newer one replaces the queued one and names it. Clients
// that wait for the older one are answered by the newer one. There are two fetches, one after the other.
func TestTriggersWhileRefreshingAreQueuedAndReplaced(t *testing.T) {
	is := is.New(t)
	repo, host, first, s := refreshed(t, twoStacks(), "LOG_LEVEL=debug")
	before := host.Counts()
	host.Hang()
	running := s.trigger()
	host.reached()
	one := s.trigger()
	is.Equal([]string{running.Status, one.Status}, []string{"refreshing", "queued"})
	is.Equal(one.Replaces, "")
	two := s.trigger()
	is.Equal(two.Status, "queued")
	is.Equal(two.Replaces, one.ID)
	is.Equal(s.found(one.ID).ID, two.ID) // the one that took its place
	listed := decode[refreshes](t, s.get("/api/v1/refreshes?limit=2")).Refreshes
	is.Equal([]string{listed[0].ID, listed[1].ID}, []string{two.ID, running.ID})
	status := s.status()
	is.Equal([]string{status.Current.ID, status.Queued.ID}, []string{running.ID, two.ID})
	is.Equal(status.Revision, first)

	waited := s.later(http.MethodPost, "/api/v1/refresh?wait=30s")
	waiting := lab.Field(s.logged("refresh queued", "replaces="+two.ID), "id")
	last := s.trigger()
	is.Equal(last.Replaces, waiting)
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	host.Release()
	is.Equal(decode[refresh](t, <-waited).ID, last.ID)
	is.Equal(s.found(one.ID).Status, "completed") // answered by its replacer's replacer
	is.Equal(s.found(last.ID).Revision, next)
	is.Equal(host.Counts().Tips, before.Tips+2)
	is.Equal(host.Counts().Most, 1)
}

func TestCommitPushedWhileARefreshRunsIsInTheQueuedOne(t *testing.T) {
	is := is.New(t)
	repo, host, _, s := refreshed(t, twoStacks())
	host.Hang()
	s.trigger()
	host.reached()
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	queued := s.trigger()
	host.Release()
	s.awaitRevision(next)
	s.logged("refresh completed", "id="+queued.ID)
	is.Equal(s.found(queued.ID).Revision, next)
}

func TestWaitThatEndsBeforeTheRefreshAnswersThatItIsUnderWay(t *testing.T) {
	is := is.New(t)
	_, host, _, s := refreshed(t, twoStacks())
	host.Hang()
	answer := s.do(http.MethodPost, "/api/v1/refresh?wait=10ms", "")
	is.Equal(answer.status, http.StatusAccepted)
	under := decode[refresh](t, answer)
	is.Equal(under.Status, "refreshing")
	host.Release()
	s.logged("refresh completed", "id="+under.ID)
	is.Equal(s.found(under.ID).Status, "completed")
}

func TestForcedPushesAreFollowedEachTime(t *testing.T) {
	is := is.New(t)
	repo, _, first, s := refreshed(t, twoStacks())
	second := repo.push(files{"new/docker-compose.yml": "services: {}"})
	is.Equal(s.refresh().Revision, second)
	repo.publish(first + ":refs/heads/main") // back to an older commit
	is.Equal(s.refresh().Revision, first)
	is.Equal(s.snapshot().paths(), []string{"db/main", "web"})
	git(t, repo.work, "checkout", "-q", "--orphan", "unrelated")
	third := repo.push(files{"web/docker-compose.yml": ""})
	is.Equal(s.refresh().Revision, third)
	is.Equal(s.snapshot().paths(), []string{"db/main", "new"})
}

package integration_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// The desired state is built on startup.

// twoStacks has a stack with each name of a compose file, files that make no stack, and content that normalisation
// would change (CRLF, a byte order mark).
func twoStacks() files {
	return files{
		"web/docker-compose.yml":      "services:\r\n  web:\r\n    image: nginx\r\n",
		"db/main/docker-compose.yaml": "\ufeffservices: {db: {image: postgres}}",
		"web/README":                  "not a stack",
		"notes/compose.txt":           "neither",
	}
}

func TestStartupWithComposeFilesStoresAHashForEachStack(t *testing.T) {
	repo, revision := with(t, twoStacks())
	over := map[string]string{
		"smart HTTP": serveRepository(t, repo).url(),
		"local path": repo.bare,
		"file URL":   "file://" + repo.bare,
		"work tree":  repo.work,
	}
	for name, address := range over {
		t.Run(name, func(t *testing.T) {
			holdsTwoStacks(t, repo, revision, start(t, "GIT_URL="+address))
		})
	}
	t.Run("current directory", func(t *testing.T) {
		holdsTwoStacks(t, repo, revision, startIn(t, filepath.Join(repo.work, "web")))
	})
}

func holdsTwoStacks(t *testing.T, repo repository, revision string, s *service) {
	t.Helper()
	is := is.New(t)
	seen := s.awaitRevision(revision)
	is.Equal(seen.paths(), []string{"db/main", "web"})
	is.Equal(seen.at("web").Hash, repo.hash(revision, "web/docker-compose.yml"))
	is.Equal(seen.at("web").ComposeFile, "docker-compose.yml")
	is.Equal(seen.at("db/main").Hash, repo.hash(revision, "db/main/docker-compose.yaml"))
	is.Equal(seen.at("db/main").ComposeFile, "docker-compose.yaml")
	for _, stack := range seen.Stacks {
		is.Equal(stack.Status, "missing")
		is.Equal(stack.AppliedHash, "")
		is.True(!stack.InSync)
		is.True(!stack.StatusChangedAt.IsZero())
	}
	status := s.status()
	is.Equal(status.Status, "completed")
	is.Equal(status.Revision, revision)
	is.Equal(status.Last.Trigger.Source, "startup")
	is.Equal(status.Last.Changes.Added, seen.paths())
	is.Equal(s.get("/readyz").body, fmt.Sprintf("{\"status\":\"ready\",\"revision\":%q}\n", revision))
}

func TestStartupWithoutComposeFilesSucceedsWithAnEmptyCache(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, files{
		"deploy/README": "nothing is deployed", "elsewhere/docker-compose.yml": "services: {}",
	})
	s := start(t, "GIT_URL="+serveRepository(t, repo).url(), "GIT_DEPLOY_DIR=deploy")
	seen := s.awaitRevision(revision)
	is.Equal(seen.Stacks, []stack{}) // a list, not null
	is.Equal(seen.Skipped, []skipped{})
	is.Equal(s.get("/readyz").status, http.StatusOK)
	is.Equal(s.status().Last.Status, "completed")
}

// Each of 200 stacks has its hash and its status.
func TestStartupWith200StacksHashesEachOfThem(t *testing.T) {
	is := is.New(t)
	content := files{}
	for i := range 200 {
		content[fmt.Sprintf("region-%d/app-%03d/docker-compose.yml", i%7, i)] = fmt.Sprintf("services: {n%d: {}}\n", i)
	}
	repo, revision := with(t, content)
	s := start(t, "GIT_URL="+serveRepository(t, repo).url())
	seen := s.awaitRevision(revision)
	is.Equal(len(seen.Stacks), 200)
	is.Equal(len(seen.Skipped), 0)
	for _, stack := range seen.Stacks {
		is.Equal(stack.Hash, lab.Digest(content[stack.Path+"/docker-compose.yml"]))
		is.Equal(stack.Status, "missing")
	}
}

// hanging returns a service whose first refresh hangs at its Git host.
func hanging(t *testing.T) (host, string, *service) {
	t.Helper()
	repo, revision := with(t, twoStacks())
	host := serveRepository(t, repo)
	host.Hang()
	s := start(t, "GIT_URL="+host.url())
	host.reached()
	return host, revision, s
}

func TestServiceAnswersBeforeTheFirstRefreshEnds(t *testing.T) {
	is := is.New(t)
	host, revision, s := hanging(t)
	is.Equal(s.get("/healthz").body, "{\"status\":\"ok\"}\n")
	is.Equal(s.get("/readyz").status, http.StatusServiceUnavailable)
	is.Equal(s.get("/").status, http.StatusOK)
	source := fmt.Sprintf(`{"url":%q,"ref":"HEAD","deploy_dir":".",`+
		`"compose_files":["docker-compose.yml","docker-compose.yaml"]}`, host.url())
	is.Equal(s.get("/api/v1/stacks").body,
		`{"revision":null,"refreshed_at":null,"commit":null,"source":`+source+`,"stacks":[],"skipped":[],"hints":[]}`+"\n")
	status := s.status()
	is.Equal(status.Status, "refreshing")
	is.Equal(status.Current.Trigger.Source, "startup")
	is.Equal(status.Last, nil)
	host.Release()
	s.awaitRevision(revision)
	is.Equal(s.get("/readyz").status, http.StatusOK)
}

// When the first refresh fails, the process goes on, says why, and recovers by itself when Git does, even without
// polling.
func TestStartupWithGitDownRecoversUnaided(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	host := serveRepository(t, repo)
	host.Refuse(http.StatusServiceUnavailable)
	s := start(t, "GIT_URL="+host.url())
	s.logged("level=ERROR", "refresh failed", "source=startup", "code=git_unreachable")
	is.Equal(s.get("/readyz").status, http.StatusServiceUnavailable)
	is.Equal(s.get("/healthz").status, http.StatusOK)
	host.Refuse(0)
	s.awaitRevision(revision)
	status := s.status()
	is.Equal(status.Last.Trigger.Source, "poll")
	is.Equal(status.Failures, 0)
	is.True(status.NextPollAt.IsZero()) // POLL_INTERVAL=0: nothing is planned any more
}

func TestStartupFailureIsToldByItsCode(t *testing.T) {
	repo, _ := with(t, files{"web/docker-compose.yml": "services: {}"})
	host := serveRepository(t, repo)
	guarded := serveRepository(t, repo)
	guarded.Demand("robot", "a password that is asked for")
	failures := []struct {
		name, code string
		settings   []string
	}{
		{"no deploy directory", "deploy_dir_not_found", []string{"GIT_URL=" + host.url(), "GIT_DEPLOY_DIR=nowhere"}},
		{"a file in its place", "deploy_dir_not_a_directory",
			[]string{"GIT_URL=" + host.url(), "GIT_DEPLOY_DIR=web/docker-compose.yml"}},
		{"no such ref", "git_ref_not_found", []string{"GIT_URL=" + host.url(), "GIT_REF=refs/heads/gone"}},
		{"no such repository", "git_not_found", []string{"GIT_URL=" + host.URL + "/other.git"}},
		{"no credentials", "git_auth", []string{"GIT_URL=" + guarded.url()}},
		{"wrong credentials", "git_auth", []string{"GIT_URL=" + guarded.url("robot", "p@ss w/rd%41")}},
		{"an empty repository", "git_empty", []string{"GIT_URL=" + serveRepository(t, newRepository(t)).url()}},
		{"nobody listens", "git_unreachable", []string{"GIT_URL=http://127.0.0.1:1/repository.git"}},
	}
	for _, failure := range failures {
		t.Run(failure.name, func(t *testing.T) {
			is := is.New(t)
			s := start(t, failure.settings...)
			s.logged("level=ERROR", "refresh failed", "code="+failure.code)
			last := s.status().Last
			is.Equal(last.Status, "failed")
			is.Equal(last.Error.Code, failure.code)
			is.Equal(last.Message, last.Error.Message)
			is.Equal(s.snapshot().Revision, "")
			is.Equal(s.get("/readyz").status, http.StatusServiceUnavailable)
		})
	}
}

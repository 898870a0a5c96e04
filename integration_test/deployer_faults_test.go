package integration_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// The deployer when a command fails, or when the deployer is stopped in the middle.

func TestDeployerGoesOnAfterAFailureAndFollowsThePushThatMendsIt(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, files{
		"a/docker-compose.yml": "# broken", "b/docker-compose.yml": "# good", "c/docker-compose.yml": "# good",
	})
	s := start(t, "GIT_URL="+repo.bare)
	r := newRecorder(t)
	r.deploy(t.TempDir(), s, repo.bare, "RETRY_SECONDS=600")
	others := func(hash string) func(snapshot) bool {
		return func(seen snapshot) bool { return seen.at("b").AppliedHash == hash && seen.at("c").InSync }
	}
	seen := s.awaitSnapshot("the other stacks in sync", others(lab.Digest("# good")))
	is.Equal(seen.at("a").Status, "missing")
	is.Equal(seen.at("a").AppliedHash, "")
	second := repo.push(files{"b/docker-compose.yml": "# better"})
	s.refresh()
	seen = s.awaitSnapshot("the other stacks in sync again", others(lab.Digest("# better")))
	is.Equal(seen.at("a").Status, "missing")
	third := repo.push(files{"a/docker-compose.yml": "# mended"})
	s.refresh()
	s.awaitSync(third)
	var tried []string
	for _, e := range r.of("a") {
		tried = append(tried, e.revision)
	}
	is.Equal(tried, []string{first, second, third}) // once each: the deployer's own reports do not make it try again
}

// A file that mooring skips must not be applied. Here it is a link to a file of the machine that is not in Git.
func TestDeployerLeavesAloneWhatCannotBeServed(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, files{"a/docker-compose.yml": "# good", "b/docker-compose.yml": "# good"})
	s := start(t, "GIT_URL="+repo.bare)
	r := newRecorder(t)
	r.deploy(t.TempDir(), s, repo.bare, "RETRY_SECONDS=600")
	s.awaitSync(first)
	second := repo.push(files{"a/docker-compose.yml": "# broken"})
	s.refresh()
	s.awaitSnapshot("a is to be applied again", func(seen snapshot) bool {
		return seen.Revision == second && seen.at("a").Status == "missing"
	})
	foreign := filepath.Join(t.TempDir(), "docker-compose.yml")
	is.NoErr(os.WriteFile(foreign, []byte("# foreign"), 0o600))
	is.NoErr(os.Remove(filepath.Join(repo.work, "a", "docker-compose.yml")))
	is.NoErr(os.Symlink(foreign, filepath.Join(repo.work, "a", "docker-compose.yml")))
	third := repo.push(files{"b/docker-compose.yml": "# better"})
	s.refresh()
	seen := s.awaitSnapshot("b in sync", func(seen snapshot) bool { // b is applied after a
		return seen.Revision == third && seen.at("b").InSync
	})
	is.Equal(seen.at("a").Status, "missing")
	is.Equal(seen.at("a").AppliedHash, lab.Digest("# good"))
	var applied []string
	for _, e := range r.of("a") {
		applied = append(applied, e.content)
	}
	is.Equal(applied, []string{"# good", "# broken"})
}

func TestDeployerTriesAgainWhatFailed(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, files{"a/docker-compose.yml": "# 1", "b/docker-compose.yml": "# 1"})
	s := start(t, "GIT_URL="+repo.bare)
	r := newRecorder(t)
	r.state.Change(func(s *recorded) { s.refusals = 1 })
	r.deploy(t.TempDir(), s, repo.bare)
	s.awaitSync(revision)
	is.Equal(r.order(0), []string{"apply a", "apply b", "apply a"})
	r.state.Change(func(s *recorded) { s.refusals = 1 })
	revision = repo.push(files{"b/docker-compose.yml": ""})
	s.refresh()
	s.awaitSync(revision)
	is.Equal(r.order(3), []string{"remove b", "remove b"}) // the deployer sends DELETE only after a removal has worked
}

func TestDeployerSurvivesRestartsOfTheService(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, files{"a/docker-compose.yml": "# 1", "b/docker-compose.yml": "# 1"})
	variables := []string{"GIT_URL=" + repo.bare, "SNAPSHOT_FILE=" + filepath.Join(t.TempDir(), "snapshot.json")}
	s := start(t, variables...)
	variables = append(variables, "LISTEN_ADDR="+s.address)
	r := newRecorder(t)
	r.deploy(t.TempDir(), s, repo.bare)
	s.awaitSync(revision)

	is.Equal(s.stop(syscall.SIGTERM), 0) // while it follows
	s = start(t, variables...)
	r.hang()
	repo.push(files{"a/docker-compose.yml": "# 2"})
	s.refresh()
	r.awaitHanging(1)

	is.Equal(s.stop(syscall.SIGKILL), -1) // while it applies a
	revision = repo.push(files{"b/docker-compose.yml": ""})
	s = start(t, variables...)
	is.Equal(s.awaitRevision(revision).at("a").Status, "syncing")
	r.release()
	is.Equal(s.awaitSync(revision).paths(), []string{"a"})
	is.Equal(r.order(0), []string{"apply a", "apply b", "apply a", "remove b"})
}

func TestDeployerDoesAgainWhatItWasStoppedAt(t *testing.T) {
	for signal, code := range map[syscall.Signal]int{syscall.SIGTERM: 0, syscall.SIGKILL: -1} {
		t.Run(signal.String(), func(t *testing.T) {
			is := is.New(t)
			repo, revision := with(t, files{"a/docker-compose.yml": "# 1"})
			s := start(t, "GIT_URL="+repo.bare)
			r := newRecorder(t)
			r.hang()
			d := r.deploy(t.TempDir(), s, repo.bare)
			r.awaitHanging(1)
			asked := time.Now()
			is.Equal(d.stop(signal), code)
			is.True(time.Since(asked) < lab.StopLimit)
			is.Equal(s.stack("a").Status, "syncing")
			if signal == syscall.SIGTERM {
				r.awaitHanging(0) // the command has ended with the script
			}
			is.NoErr(os.WriteFile(d.path("repository.git", "index.lock"), nil, 0o600)) // a git that is killed leaves it
			r.release()
			r.deploy(d.directory, s, repo.bare)
			s.awaitSync(revision)
			is.Equal(r.order(0), []string{"apply a", "apply a"})
		})
	}
}

// Many proxies end a request after 60 s or less. What failed is due again much later here.
func TestDeployerAsksForAWaitThatProxiesAllow(t *testing.T) {
	is := is.New(t)
	repo, _, _, s := refreshed(t, twoStacks())
	waits := make(chan string)
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = "http", s.address
		if wait := r.In.URL.Query().Get("wait"); wait != "" {
			select {
			case waits <- wait:
			case <-r.In.Context().Done():
			}
		}
	}, ErrorHandler: func(http.ResponseWriter, *http.Request, error) {}}) // the deployer is stopped while it waits
	t.Cleanup(front.Close)
	d := newRecorder(t).deploy(t.TempDir(), s, repo.bare, "MOORING_URL="+front.URL, "DEPLOY_COMMAND=false", "RETRY_SECONDS=600")
	for range 3 { // before anything has failed, and after that
		is.Equal(<-waits, "25s")
	}
	d.stop(syscall.SIGTERM)
}

// A file beside the compose file counts too, and a failure tells what the command said.
func TestDeployerAppliesAChangedNeighbourAndTellsWhyItFailed(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, files{
		"a/docker-compose.yml": "# good", "a/app.env": "LEVEL=1", "b/docker-compose.yml": "# good", "c/docker-compose.yml": "# broken",
	})
	s := start(t, "GIT_URL="+repo.bare)
	r := newRecorder(t)
	r.deploy(t.TempDir(), s, repo.bare, "RETRY_SECONDS=600", "TARGET=alpha")
	seen := s.awaitSnapshot("a and b in sync and c failed", func(seen snapshot) bool {
		return seen.at("a").InSync && seen.at("b").InSync && seen.at("c").LastSync.Outcome == "failed"
	})
	for _, path := range []string{"a", "b"} {
		is.Equal(seen.at(path).AppliedTree, seen.at(path).Tree)
		is.Equal(seen.at(path).Target, "alpha")
		is.Equal(seen.at(path).LastSync.Revision, first)
	}
	is.True(strings.Contains(seen.at("c").LastSync.Message, "500")) // what curl said in the recorder's command
	is.True(strings.Contains(seen.at("c").LastSync.Message, "exit code"))

	second := repo.push(files{"a/app.env": "LEVEL=2"})
	s.refresh()
	s.awaitSnapshot("the new tree of a applied", func(seen snapshot) bool {
		return seen.Revision == second && seen.at("a").AppliedTree == seen.at("a").Tree
	})
	is.Equal(len(r.of("a")), 2)
	is.Equal(len(r.of("b")), 1)
}

// A version before reported no tree, so a file beside the compose file may have changed since.
func TestDeployerAppliesOnceMoreWhatWasReportedWithoutATree(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, fourStacks())
	s := start(t, "GIT_URL="+repo.bare)
	s.logged("refresh completed")
	s.applied("a", "b", "c", "d")
	r := newRecorder(t)
	r.deploy(t.TempDir(), s, repo.bare, "RETRY_SECONDS=600")
	s.awaitSnapshot("every tree applied", func(seen snapshot) bool {
		return !slices.ContainsFunc(seen.Stacks, func(stack stack) bool { return !stack.InSync || stack.AppliedTree != stack.Tree })
	})
	second := repo.push(files{"b/app.env": "LEVEL=1"})
	s.refresh()
	s.awaitSnapshot("the new tree of b applied", func(seen snapshot) bool {
		return seen.Revision == second && seen.at("b").InSync && seen.at("b").AppliedTree == seen.at("b").Tree
	})
	is.Equal(r.order(0), []string{"apply a", "apply b", "apply c", "apply d", "apply b"})
	is.True(first != second)
}

// What is held keeps running, although Git does not have it, until an operator releases it.
func TestDeployerLeavesHeldStacksAlone(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, fourStacks())
	s := start(t, "GIT_URL="+repo.bare)
	r := newRecorder(t)
	r.deploy(t.TempDir(), s, repo.bare, "RETRY_SECONDS=600")
	s.awaitSync(first)
	second := repo.push(files{
		"a/docker-compose.yml": "", "b/docker-compose.yml": "", "c/docker-compose.yml": "", "d/docker-compose.yml": "# next",
	})
	s.refresh()
	s.awaitSync(second) // d is applied, and what is held counts as it did
	is.Equal(r.order(4), []string{"apply d"})
	is.Equal(s.do(http.MethodPost, "/api/v1/removals", `{"revision":"`+second+`"}`).status, http.StatusOK)
	s.awaitSnapshot("d alone", func(seen snapshot) bool { return len(seen.Stacks) == 1 })
	is.Equal(r.order(5), []string{"remove a", "remove b", "remove c"})
}

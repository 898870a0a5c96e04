package integration_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

func TestDeliveryMayNameIDsOfSHA256(t *testing.T) {
	is := is.New(t)
	repo, first := withFormat(t, formatSHA256, twoStacks())
	s := start(t, "GIT_URL="+serveRepository(t, repo).url(), "WEBHOOK_SECRET="+githubSecret)
	s.awaitRevision(first)
	s.logged("refresh completed")
	deliver := func(before, after string) refresh {
		body := lab.PushEvent("refs/heads/main", before, after)
		answer := s.deliver(body, "X-GitHub-Event: push", "X-GitHub-Delivery: d-1", "Content-Type: application/json")
		is.Equal(answer.status, http.StatusAccepted)
		return decode[refresh](t, answer)
	}
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	accepted := deliver(first, next)
	is.Equal(accepted.Trigger.Expected, next)
	s.awaitRevision(next)
	s.logged("refresh completed", "id="+accepted.ID, "revision="+next)
	is.Equal(deliver(next, strings.Repeat("0", 64)).Trigger.Expected, "") // the ref is deleted
}

// The working copy of the deployer has the format of the repository. It follows a repository that is made anew.
func TestDeployerAppliesStacksOfEitherFormat(t *testing.T) {
	is := is.New(t)
	repo, revision := withFormat(t, formatSHA256, files{"a/docker-compose.yml": "# 1"})
	variables := []string{"GIT_URL=" + repo.bare, "SNAPSHOT_FILE=" + filepath.Join(t.TempDir(), "snapshot.json")}
	s := start(t, variables...)
	variables = append(variables, "LISTEN_ADDR="+s.address)
	r := newRecorder(t)
	r.deploy(t.TempDir(), s, repo.bare)
	s.awaitSync(revision)

	is.Equal(s.stop(syscall.SIGTERM), 0)
	s = start(t, variables...)
	is.Equal(s.awaitSync(revision).at("a").Status, "synced") // as the file said

	other, revision := with(t, files{"a/docker-compose.yml": "# 2"})
	is.NoErr(os.RemoveAll(repo.bare))
	is.NoErr(os.Rename(other.bare, repo.bare))
	is.Equal(s.refresh().Revision, revision)
	s.awaitSync(revision)
	is.Equal(r.order(0), []string{"apply a", "apply a"})
}

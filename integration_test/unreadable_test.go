package integration_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// A broken link in Git does not mean that the stack is gone: the stack keeps its status, and the link is listed as
// skipped.
func TestDeployedStackWhoseComposeFileBreaksIsNotTakenDown(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, files{"web/docker-compose.yml": "services: {}", "new/docker-compose.yml": "services: {}"})
	s := start(t, "GIT_URL="+repo.bare)
	hash := s.awaitRevision(first).at("web").Hash
	deployed := s.report("web", `{"status":"synced","hash":"`+hash+`"}`)
	is.True(deployed.InSync)

	for _, name := range []string{"web", "new"} {
		file := filepath.Join(repo.work, name, "docker-compose.yml")
		is.NoErr(os.Remove(file))
		is.NoErr(os.Symlink("nowhere", file))
	}
	broken := repo.push(nil)
	is.Equal(s.refresh().Changes.Removed, []string{"new"}) // no deployer has applied that stack
	seen := s.awaitRevision(broken)
	is.Equal(seen.paths(), []string{"web"})
	is.Equal(seen.at("web"), deployed)
	is.Equal(len(seen.Skipped), 2)
	s.refuses(s.do(http.MethodDelete, "/api/v1/stacks/web", ""), http.StatusConflict, "still_desired")
	is.Equal(s.report("web", `{"status":"syncing"}`).Status, "syncing")

	is.NoErr(os.RemoveAll(filepath.Join(repo.work, "web")))
	gone := repo.push(nil)
	s.refresh()
	is.Equal(s.awaitRevision(gone).at("web").Status, "deleting")
}

// The argument may be the repository's address with a password in it.
func TestArgumentThatIsNotExpectedIsNotShown(t *testing.T) {
	is := is.New(t)
	got := run(t, []string{"https://clerk:pa55w0rd@127.0.0.1/repository.git"})
	is.Equal(got.code, 2)
	is.Equal(got.stdout, "")
	is.Equal(strings.Count(got.stderr, "\n"), 1)
	is.True(strings.Contains(got.stderr, "GIT_URL"))
	is.True(!strings.Contains(got.stderr, "pa55w0rd"))
}

package integration_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// Repositories on this machine, read in place.

// The outer repository has other stacks. If they were served, everything that is deployed would become deleting.
func TestRepositoryThatDisappearsBelowAnotherKeepsTheState(t *testing.T) {
	is := is.New(t)
	outer := newRepository(t)
	outer.commit(files{"outer/docker-compose.yml": "services: {}"})
	inner := repository{t, "", filepath.Join(outer.work, "inner")}
	git(t, outer.work, "init", "-q", "-b", "main", inner.work)
	first := inner.commit(files{"web/docker-compose.yml": "services: {}"})
	s := start(t, "GIT_URL="+inner.work)
	hash := s.awaitRevision(first).at("web").Hash
	s.report("web", `{"status":"synced","hash":"`+hash+`"}`)
	before := s.get("/api/v1/stacks")

	dotGit := filepath.Join(inner.work, ".git")
	is.NoErr(os.Rename(dotGit, dotGit+".away"))
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_not_found")
	isSentence(t, failed.Error.Message)
	s.keeps(before, first, failed)
	is.NoErr(os.Rename(dotGit+".away", dotGit))
	is.Equal(s.refresh().Revision, first)
}

// The default is looked for upwards from the current directory.
func TestDefaultFindsTheRepositoryOfTheCurrentDirectory(t *testing.T) {
	repo, first := with(t, twoStacks())
	s := startIn(t, filepath.Join(repo.work, "web"))
	s.awaitRevision(first)
	is := is.New(t)
	if os.Geteuid() != 0 {
		return // only root can give a file to another user
	}
	before := s.get("/api/v1/stacks")
	is.NoErr(os.Chown(filepath.Join(repo.work, ".git"), 12345, -1))
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_not_found")
	isSentence(t, failed.Error.Message)
	is.True(strings.Contains(failed.Error.Message, "GIT_URL"))
	s.keeps(before, first, failed)
	start(t, "GIT_URL="+repo.work).awaitRevision(first) // an operator names it
}

func TestDefaultIsNotLookedForOnAnotherFileSystem(t *testing.T) {
	repo, _ := with(t, twoStacks())
	mounted := filepath.Join(repo.work, "web")
	script := `mount -t tmpfs none "$0" && cd "$0" && exec "$@"`
	in := func(command ...string) []string {
		return append([]string{"unshare", "--map-root-user", "--mount", "sh", "-ec", script, mounted}, command...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	probe := exec.CommandContext(ctx, "unshare", in("true")[1:]...)
	probe.Env = lab.Environment(t.TempDir(), nil)
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("this test needs a namespace to mount in, which unshare is not given here: %s", out)
	}
	is := is.New(t)
	got := runBy(t, in(os.Getenv(program), "-once"))
	is.Equal(got.code, 1)
	is.Equal(got.stdout, "")
	is.True(strings.HasPrefix(got.stderr, "mooring: git_not_found: "))
	is.True(strings.Contains(got.stderr, "on the same file system"))
}

// A repository that nobody packs anew gets a pack with each push. The process may have few files open.
func TestHundredsOfPacksAreReadWithFewDescriptors(t *testing.T) {
	is := is.New(t)
	repo := newRepository(t)
	var stream strings.Builder
	for i := range 300 {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 0\n"+
			"M 100644 inline s%d/docker-compose.yml\ndata 12\nservices: {}\ncheckpoint\n", i, i)
	}
	gitWith(t, repo.bare, stream.String(), "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
	packs, err := filepath.Glob(filepath.Join(repo.bare, "objects", "pack", "*.pack"))
	is.NoErr(err)
	is.Equal(len(packs), 300)
	got := runBy(t, []string{"/bin/sh", "-c", `ulimit -n 32 && exec "$0" -once`, os.Getenv(program)}, "GIT_URL="+repo.bare)
	is.Equal(got.stderr, "")
	is.Equal(len(decode[snapshot](t, reply{body: got.stdout}).Stacks), 300)
}

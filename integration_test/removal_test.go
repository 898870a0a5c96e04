package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"
)

// applied reports every stack of a service as applied.
func (s *service) applied(paths ...string) {
	s.t.Helper()
	for _, path := range paths {
		s.report(path, fmt.Sprintf(`{"status":"synced","hash":%q}`, s.stack(path).Hash))
	}
}

// held returns the paths of the stacks whose removal is held.
func (s snapshot) held() []string {
	paths := []string{}
	for _, stack := range s.Stacks {
		if stack.Held != "" {
			paths = append(paths, stack.Path)
		}
	}
	return paths
}

// fourStacks have the paths a, b, c and d.
func fourStacks() files {
	content := files{}
	for _, path := range []string{"a", "b", "c", "d"} {
		content[path+"/docker-compose.yml"] = "services: {" + path + ": {image: example}}\n"
	}
	return content
}

// A commit that empties the repository takes nothing down, whatever restarts.
func TestACommitThatRemovesNearlyAllIsHeldUntilItIsReleased(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "stacks.json")
	repo, host, first, s := refreshed(t, fourStacks(), "SNAPSHOT_FILE="+file)
	s.applied("a", "b", "c", "d")
	bad := repo.push(files{"a/docker-compose.yml": "", "b/docker-compose.yml": "", "c/docker-compose.yml": ""})
	found := s.refresh()
	is.Equal(found.Changes.Removed, []string{"a", "b", "c"})
	s.logged("level=WARN", "removals are held", "held=3", "id="+found.ID)
	before := s.snapshot()
	is.Equal(before.held(), []string{"a", "b", "c"})
	is.Equal(before.at("a").Status, "synced")
	is.True(strings.Contains(before.at("a").Held, "3 of the 4 stacks"))
	is.Equal(s.do(http.MethodDelete, "/api/v1/stacks/a", "").status, http.StatusConflict)
	awaitFile(t, file, func(seen snapshot) bool { return len(seen.held()) == 3 })
	is.Equal(s.stop(syscall.SIGKILL), -1)

	again := start(t, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file)
	again.logged("refresh completed")
	is.Equal(again.snapshot(), before)
	repo.push(files{"b/docker-compose.yml": fourStacks()["b/docker-compose.yml"]})
	again.refresh()
	seen := again.snapshot()
	is.Equal(seen.held(), []string{"a", "c"})
	is.Equal(seen.at("b").Status, "synced")
	is.True(seen.at("b").InSync) // it is back, as if nothing had happened

	release := func(revision string) reply {
		return again.do(http.MethodPost, "/api/v1/removals", fmt.Sprintf(`{"revision":%q,"paths":["a"]}`, revision))
	}
	is.Equal(release(bad).status, http.StatusConflict) // the operator has seen another list
	is.Equal(release(seen.Revision).body, `{"released":["a"]}`+"\n")
	is.Equal(again.stack("a").Status, "deleting")
	is.Equal(again.do(http.MethodDelete, "/api/v1/stacks/a", "").status, http.StatusOK)
	again.finish()

	last := start(t, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file, "REMOVAL_LIMIT=100%")
	last.logged("refresh completed")
	is.Equal(last.stack("c").Status, "deleting") // this start releases what is held
	is.Equal(last.snapshot().held(), []string{})
	is.True(first != bad)
}

func TestAnotherSourceHoldsWhateverTheLimit(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "stacks.json")
	repo, host, _, s := refreshed(t, fourStacks(), "SNAPSHOT_FILE="+file)
	s.applied("a", "d")
	s.finish()
	repo.push(files{"d/docker-compose.yml": "", "sub/a/docker-compose.yml": "services: {}"})
	moved := start(t, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file, "GIT_DEPLOY_DIR=sub", "REMOVAL_LIMIT=100%")
	moved.logged("refresh completed")
	is.Equal(moved.snapshot().held(), []string{"a", "d"})
	is.Equal(moved.snapshot().paths(), []string{"a", "d", "sub/a"}) // b and c were never applied
	is.True(strings.Contains(moved.stack("a").Held, "GIT_DEPLOY_DIR has changed"))
	is.Equal(moved.snapshot().Source.DeployDir, "sub")
}

func TestRemovalsOfAFewStacksAreNotHeld(t *testing.T) {
	is := is.New(t)
	repo, _, _, s := refreshed(t, fourStacks())
	s.applied("a", "b", "c", "d")
	repo.push(files{"a/docker-compose.yml": "", "b/docker-compose.yml": ""})
	s.refresh()
	seen := s.snapshot()
	is.Equal(seen.held(), []string{})
	is.Equal([]string{seen.at("a").Status, seen.at("b").Status}, []string{"deleting", "deleting"})
}

func TestAChangedNeighbourTouchesItsStack(t *testing.T) {
	is := is.New(t)
	content := fourStacks()
	content["a/app.env"] = "LEVEL=1\n"
	repo, host, first, s := refreshed(t, content)
	s.applied("a", "b")
	before := s.snapshot()
	tree := func(revision, path string) string {
		return strings.TrimSpace(git(t, repo.work, "rev-parse", revision+":"+path))
	}
	for _, stack := range before.Stacks {
		is.Equal(stack.Tree, tree(first, stack.Path))
	}
	asked := host.Counts()
	next := repo.push(files{"a/app.env": "LEVEL=2\n"})
	found := s.refresh()
	is.Equal(found.Changes.Touched, []string{"a"})
	is.Equal(len(found.Changes.Changed)+len(found.Changes.Added)+len(found.Changes.Removed), 0)
	seen := s.snapshot()
	is.Equal(seen.at("a").Tree, tree(next, "a"))
	is.True(seen.at("a").Tree != before.at("a").Tree)
	is.True(seen.at("a").InSync) // that is about the compose file alone
	is.Equal(seen.at("b"), before.at("b"))
	t.Logf("requests before and after: %+v, %+v", asked, host.Counts())
}

func TestTheListTellsCommitAndSource(t *testing.T) {
	is := is.New(t)
	repo, host, first, s := refreshed(t, fourStacks(), "GIT_REF=main")
	seen := s.snapshot()
	said := strings.Split(strings.TrimSpace(git(t, repo.work, "log", "-1", "--format=%s%n%an", first)), "\n")
	is.Equal([]string{seen.Commit.Subject, seen.Commit.Author}, said)
	is.Equal(seen.Source, readFrom{host.url(), "main", ".", []string{"docker-compose.yml", "docker-compose.yaml"}})
	is.Equal(s.status().Source, seen.Source)
}

func TestARepositoryOfComposeYAMLSaysWhatToSet(t *testing.T) {
	is := is.New(t)
	const advice = "set COMPOSE_FILES=compose.yaml,compose.yml,docker-compose.yml,docker-compose.yaml"
	repo, _ := with(t, files{"web/compose.yaml": "services: {}", "db/compose.yaml": "services: {}"})
	once := run(t, []string{"-once"}, "GIT_URL="+repo.bare)
	is.Equal(once.code, 0)
	is.True(strings.Contains(once.stderr, advice))
	var printed snapshot
	is.NoErr(json.Unmarshal([]byte(once.stdout), &printed))
	is.Equal(len(printed.Hints), 1)
	is.True(strings.Contains(printed.Hints[0], `2 directories, such as "db"`))
	s := start(t, "GIT_URL="+repo.bare)
	s.logged("level=WARN", advice)
	is.True(strings.Contains(s.get("/").body, advice))
	is.Equal(s.snapshot().Hints, printed.Hints)
	right := run(t, []string{"-once"}, "GIT_URL="+repo.bare, "COMPOSE_FILES=compose.yaml,compose.yml,docker-compose.yml,docker-compose.yaml")
	is.True(!strings.Contains(right.stderr, "COMPOSE_FILES"))
	var served snapshot
	is.NoErr(json.Unmarshal([]byte(right.stdout), &served))
	is.Equal(served.paths(), []string{"db", "web"})
	is.True(slices.Equal(served.Hints, []string{}))
}

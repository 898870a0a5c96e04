package integration_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// ownEngine returns a Docker Engine of the test's own, which has the image "waiting". Without root or dockerd the test is
// skipped, and fails in CI.
func ownEngine(t *testing.T) *lab.Engine {
	t.Helper()
	is := is.New(t)
	e, err := lab.StartEngine(t.Context())
	if errors.Is(err, lab.ErrNoEngine) && os.Getenv("CI") != "true" {
		t.Skipf("this test needs a Docker Engine: %v", err)
	}
	is.NoErr(err)
	t.Cleanup(func() { is.NoErr(e.Stop()) })
	waiting := filepath.Join(t.TempDir(), "waiting")
	is.NoErr(lab.BuildWaiting(t.Context(), waiting))
	is.NoErr(e.Image(t.Context(), "waiting", waiting))
	return e
}

// composeLabels are those that Compose gives a container, with further ones as "name=value".
func composeLabels(project, service string, further ...string) map[string]string {
	labels := map[string]string{
		"com.docker.compose.project": project, "com.docker.compose.service": service, "com.docker.compose.oneoff": "False",
	}
	for _, label := range further {
		name, value, _ := strings.Cut(label, "=")
		labels[name] = value
	}
	return labels
}

const waitingStack = "services:\n  web:\n    image: waiting\n"

func TestPlanTellsWhatAnEngineNeeds(t *testing.T) {
	is := is.New(t)
	e := ownEngine(t)
	repo, first := with(t, files{"leaving/docker-compose.yml": waitingStack, "same/docker-compose.yml": waitingStack})
	file, work := filepath.Join(t.TempDir(), "stacks.json"), t.TempDir()
	s := start(t, "GIT_URL="+repo.bare, "SNAPSHOT_FILE="+file)
	s.awaitRevision(first)
	same := s.snapshot().at("same")
	is.Equal(s.do("PUT", "/api/v1/stacks/same", `{"status":"synced","hash":"`+same.Hash+`","tree":"`+same.Tree+`"}`).status, 200)
	is.Equal(s.do("PUT", "/api/v1/stacks/leaving", `{"status":"syncing"}`).status, 200)
	s.finish()
	reported, err := os.ReadFile(file)
	is.NoErr(err)
	second := repo.push(files{
		"leaving/docker-compose.yml":   "",
		"new/docker-compose.yml":       waitingStack,
		"adopted/docker-compose.yml":   waitingStack,
		"taken/docker-compose.yml":     waitingStack,
		"foreign/docker-compose.yml":   waitingStack,
		"suspended/docker-compose.yml": "x-mooring: {suspend: true}\n" + waitingStack,
		"own/docker-compose.yml":       waitingStack + "  db:\n    image: waiting\n",
		"broken/docker-compose.yml":    "services: {web: {image: $NOWHERE}}\n",
		"elsewhere/docker-compose.yml": waitingStack,
	})
	is.True(first != second)
	owner := "mooring.owner=" + work
	for _, labels := range []map[string]string{
		composeLabels("adopted", "web"),
		composeLabels("taken", "mail"),
		composeLabels("foreign", "web", "mooring.owner=/srv/other", "mooring.stack=foreign"),
		composeLabels("own", "web", owner, "mooring.stack=own"),
		composeLabels("leaving", "web", owner, "mooring.stack=leaving"),
		composeLabels("elsewhere", "web", owner, "mooring.stack=elsewhere"),
		composeLabels("same", "web", owner, "mooring.stack=same"),
		composeLabels("lost", "web", owner, "mooring.stack=lost\x1b[2J"),
		{"unrelated": "x"},
	} {
		_, err := e.Start(t.Context(), lab.Container{Image: "waiting", Labels: labels})
		is.NoErr(err)
	}
	variables := append(e.Variables(), "GIT_URL="+repo.bare, "WORK_DIR="+work, "SNAPSHOT_FILE="+file,
		"DEPLOY_PATHS=[^e]*/**")
	got := run(t, []string{"-plan"}, variables...)
	is.Equal(got.stderr, "")
	is.Equal(got.code, 0)
	want := []struct{ stack, project, action, why string }{
		{"adopted", "adopted", "recreate", "It was not started by mooring; each container is replaced once, and volumes stay. (web)"},
		{"broken", "-", "refuse", "NOWHERE"},
		{"elsewhere", "elsewhere", "leave", "DEPLOY_PATHS does not name it any more"},
		{"foreign", "foreign", "refuse", "belongs to another mooring, with WORK_DIR /srv/other"},
		{"leaving", "leaving", "remove", "no longer in Git; 1 container is removed"},
		{"new", "new", "create", "Nothing of it is there."},
		{"own", "own", "change", "A service has no container. (db)"},
		{"same", "same", "leave", "It is as Git says."},
		{"suspended", "suspended", "leave", "x-mooring"},
		{"taken", "taken", "refuse", "does not name (mail)"},
		{"-", "lost", "leave", `"lost?[2J", which mooring does not know`},
	}
	is.True(strings.HasPrefix(got.stdout, "Git is at "+second+". The Docker Engine is "))
	is.True(strings.HasSuffix(got.stdout, "\ncreate 1, change 1, recreate 1, remove 1, refuse 3, leave 4. Nothing was changed.\n"))
	is.Equal(strings.Count(got.stdout, "\n"), len(want)+5)
	for _, row := range want {
		found := false
		for line := range strings.Lines(got.stdout) {
			cells := strings.Fields(line)
			found = found || len(cells) > 3 && cells[0] == row.stack && cells[1] == row.project && cells[2] == row.action &&
				strings.Contains(line, row.why)
		}
		if !found {
			t.Errorf("no line says %v:\n%s", row, got.stdout)
		}
	}
	after, err := os.ReadFile(file)
	is.NoErr(err)
	is.Equal(string(after), string(reported)) // the snapshot file is as it was
	left, err := os.ReadDir(work)
	is.NoErr(err)
	is.Equal(len(left), 0)
}

func TestPlanInAContainerLeavesItselfAlone(t *testing.T) {
	is := is.New(t)
	e := ownEngine(t)
	is.NoErr(e.Image(t.Context(), "mooring", os.Getenv(program)+withoutRace))
	repo, _ := with(t, files{"tools/docker-compose.yml": waitingStack, "web/docker-compose.yml": waitingStack})
	stdout, stderr, err := e.Output(t.Context(), lab.Container{
		Image: "mooring", Arguments: []string{"-plan=json"}, Labels: composeLabels("tools", "web"),
		Binds:     []string{repo.bare + ":/repository:ro", e.Socket + ":/var/run/docker.sock"},
		Variables: []string{"GIT_URL=/repository"},
	})
	is.NoErr(err)
	is.Equal(stderr, "")
	var got struct {
		Engine struct{ Name, Version string }
		Steps  []struct{ Stack, Action, Reason string }
	}
	is.NoErr(json.Unmarshal([]byte(stdout), &got))
	is.True(got.Engine.Name != "" && got.Engine.Version != "")
	is.Equal(len(got.Steps), 2)
	is.Equal([]string{got.Steps[0].Stack, got.Steps[0].Action}, []string{"tools", "refuse"})
	is.Equal(got.Steps[0].Reason, "mooring itself runs in this project; apply it by hand.")
	is.Equal([]string{got.Steps[1].Stack, got.Steps[1].Action}, []string{"web", "create"})
}

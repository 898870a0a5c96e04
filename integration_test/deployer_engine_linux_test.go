package integration_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// dockerProgram is the docker program with its plugin compose, for one engine.
type dockerProgram struct {
	t           *testing.T
	environment []string
}

// newDockerProgram makes a dockerProgram, with the pinned Compose. Where that cannot be built, the test is skipped, and fails
// in CI.
func newDockerProgram(t *testing.T, engine *lab.Engine) dockerProgram {
	t.Helper()
	is := is.New(t)
	compose, err := lab.Compose(t.Context())
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("this test needs docker compose: ", err)
	}
	is.NoErr(err)
	configuration := t.TempDir()
	is.NoErr(os.Mkdir(filepath.Join(configuration, "cli-plugins"), 0o700))
	is.NoErr(os.Symlink(compose, filepath.Join(configuration, "cli-plugins", "docker-compose")))
	return dockerProgram{t, append(engine.Variables(),
		"DOCKER_CONFIG="+configuration, "HOME="+t.TempDir(), "PATH="+os.Getenv("PATH"))}
}

// container returns the id of the running container of a stack, or nothing.
func (d dockerProgram) container(path string) string {
	d.t.Helper()
	command := exec.Command("docker", "ps", "--quiet",
		"--filter", "label=com.docker.compose.project.working_dir", "--filter", "name=mooring-"+path+"-")
	command.Env = d.environment
	output, err := command.CombinedOutput()
	if err != nil {
		d.t.Fatalf("docker ps: %v: %s", err, output)
	}
	return strings.TrimSpace(string(output))
}

// The deployer with docker compose and an engine, as in its README.
func TestDeployerAppliesStacksToADockerEngine(t *testing.T) {
	is := is.New(t)
	e := newDockerProgram(t, ownEngine(t))
	compose := func(image string) string {
		return "services: {app: {image: " + image + ", pull_policy: never, network_mode: none, env_file: app.env}}\n"
	}
	repo, _ := with(t, files{
		"enginea/docker-compose.yml": compose("waiting"), "enginea/app.env": "LEVEL=1\n",
		"engineb/docker-compose.yml": compose("waiting"), "engineb/app.env": "LEVEL=1\n",
		"enginec/docker-compose.yml": compose("mooring.test/none:1"), "enginec/app.env": "LEVEL=1\n",
	})
	s := start(t, "GIT_URL="+repo.bare)
	r := newRecorder(t)
	r.deploy(t.TempDir(), s, repo.bare, append(e.environment, "DEPLOY_COMMAND=", "REMOVE_COMMAND=", "RETRY_SECONDS=600")...)
	seen := s.awaitSnapshot("two stacks in sync and one failed", func(seen snapshot) bool {
		return seen.at("enginea").InSync && seen.at("engineb").InSync && seen.at("enginec").LastSync.Outcome == "failed"
	})
	is.True(strings.Contains(seen.at("enginec").LastSync.Message, "mooring.test/none:1")) // the engine's own words
	first, other := e.container("enginea"), e.container("engineb")
	is.True(first != "" && other != "")

	next := repo.push(files{"enginea/app.env": "LEVEL=2\n"})
	s.refresh()
	s.awaitSnapshot("the changed neighbour applied", func(seen snapshot) bool {
		again := seen.at("enginec") // a new commit is a reason to try again
		return seen.Revision == next && seen.at("enginea").AppliedTree == seen.at("enginea").Tree && seen.at("enginea").InSync &&
			again.Status == "missing" && again.LastSync.Revision == next
	})
	second := e.container("enginea")
	is.True(second != "" && second != first)
	is.Equal(e.container("engineb"), other)

	gone := repo.push(files{
		"enginea/docker-compose.yml": "", "engineb/docker-compose.yml": "", "enginec/docker-compose.yml": "",
	})
	s.refresh()
	is.Equal(s.snapshot().held(), []string{"enginea", "engineb"})
	is.Equal(e.container("enginea"), second) // what is held runs on
	is.Equal(s.do("POST", "/api/v1/removals", `{"revision":"`+gone+`"}`).status, 200)
	s.awaitSnapshot("nothing left", func(seen snapshot) bool { return len(seen.Stacks) == 0 })
	is.Equal(e.container("enginea")+e.container("engineb"), "")
}

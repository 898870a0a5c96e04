package integration_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// noEngine is an address at which no Docker Engine is.
const noEngine = "DOCKER_HOST=unix:///nonexistent/docker.sock"

// plan is what mooring -plan=json prints.
type plan struct {
	Revision string
	Engine   struct{ Name, Version, Problem string }
	Steps    []step
}

type step struct {
	Stack, Project, Action, Reason string
	Services                       []string
}

// planned runs mooring -plan=json, which must succeed.
func planned(t *testing.T, variables ...string) plan {
	t.Helper()
	is := is.New(t)
	got := run(t, []string{"-plan=json"}, append([]string{noEngine}, variables...)...)
	is.Equal(got.code, 0)
	is.Equal(strings.Count(got.stderr, "\n"), 1)
	is.True(strings.HasPrefix(got.stderr, "mooring: the Docker Engine at unix:///nonexistent/docker.sock gives no answer: "))
	is.True(strings.HasSuffix(got.stderr, "; this plan is as if nothing ran\n"))
	var decoded plan
	is.NoErr(json.Unmarshal([]byte(got.stdout), &decoded))
	is.True(decoded.Engine.Problem != "" && decoded.Engine.Name == "")
	return decoded
}

// actions are the stacks of a plan, each as "path action".
func (p plan) actions() string {
	var all []string
	for _, step := range p.Steps {
		all = append(all, step.Stack+" "+step.Action)
	}
	return strings.Join(all, ", ")
}

func TestPlanWithoutAnEngineIsAsIfNothingRan(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, files{
		"docker-compose.yml": oneStack, "hosts/alpha/web/docker-compose.yml": oneStack,
		"hosts/beta/web/docker-compose.yml": "name: beta-web\n" + oneStack, "shared/base.yml": oneStack,
		"two/docker-compose.yml": "name: beta-web\n" + oneStack, "far/docker-compose.yml": "include: [../shared/base.yml]\n",
	})
	host := serveRepository(t, repo)
	got := planned(t, "GIT_URL="+host.url())
	is.Equal(got.Revision, revision)
	is.Equal(host.Counts().Tips, 1) // it refreshes once
	is.Equal(got.actions(), ". create, far create, hosts/alpha/web create, hosts/beta/web create, two refuse")
	is.Equal(got.Steps[2], step{"hosts/alpha/web", "web", "create", "Nothing of it is there.", []string{}})
	is.True(strings.Contains(got.Steps[4].Reason, "have the same project name, beta-web"))
	is.Equal(planned(t, "GIT_URL="+repo.bare), got) // over HTTP and in place alike
	for patterns, want := range map[string]string{
		"hosts/alpha/**":    "hosts/alpha/web create",
		"hosts/*/web, .":    ". create, hosts/alpha/web create, hosts/beta/web create",
		"**/web,t?o":        "hosts/alpha/web create, hosts/beta/web create, two refuse",
		"none":              "",
		"two":               "two create",
		"hosts/[a]*/**/web": "hosts/alpha/web create",
	} {
		is.Equal(planned(t, "GIT_URL="+repo.bare, "DEPLOY_PATHS="+patterns).actions(), want)
	}
}

const oneStack = "services:\n  web:\n    image: nginx\n"

func TestPlanSeesTheFilesOfAnOperatorAndFollowsNoLink(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, files{
		"own/docker-compose.yml": "services:\n  web:\n    image: nginx:$TAG\n    secrets: [key]\nsecrets: {key: {file: ./keys/key}}\n",
		"in/docker-compose.yml":  "services:\n  web:\n    image: nginx\n    secrets: [key]\nsecrets: {key: {file: ./keys/key}}\n",
		"out/docker-compose.yml": "services:\n  web:\n    image: nginx\n    secrets: [key]\nsecrets: {key: {file: ./keys/key}}\n",
	})
	work, outside := t.TempDir(), t.TempDir()
	write := func(name, content string) {
		is.NoErr(os.MkdirAll(filepath.Dir(name), 0o755))
		is.NoErr(os.WriteFile(name, []byte(content), 0o600))
	}
	write(filepath.Join(outside, "key"), "of the machine")
	before := planned(t, "GIT_URL="+repo.bare, "WORK_DIR="+work)
	is.Equal(before.actions(), "in refuse, out refuse, own refuse")
	is.True(strings.Contains(before.Steps[1].Reason, `"out/keys/key"`))
	is.True(strings.Contains(before.Steps[2].Reason, "TAG is set nowhere"))
	write(filepath.Join(work, "tree/own/.env"), "TAG=1\n")
	write(filepath.Join(work, "tree/own/keys/key"), "x")
	write(filepath.Join(work, "tree/own/docker-compose.yml"), "services: [\n") // Git's own file counts
	is.NoErr(os.MkdirAll(filepath.Join(work, "tree/out"), 0o755))
	is.NoErr(os.Symlink(outside, filepath.Join(work, "tree/out/keys")))
	is.NoErr(os.MkdirAll(filepath.Join(work, "tree/in"), 0o755))
	is.NoErr(os.Symlink("../own/keys", filepath.Join(work, "tree/in/keys"))) // one that stays inside is not followed either
	is.Equal(planned(t, "GIT_URL="+repo.bare, "WORK_DIR="+work).actions(), "in refuse, out refuse, own create")
}

func TestPlanReadsTheSnapshotFileAndLeavesItAsItIs(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, files{"a/docker-compose.yml": oneStack, "b/docker-compose.yml": oneStack})
	directory := t.TempDir()
	file := filepath.Join(directory, "stacks.json")
	is.Equal(run(t, []string{"-once"}, "GIT_URL="+repo.bare, "SNAPSHOT_FILE="+file).code, 0)
	one := strings.Replace(contentOf(file), `"status":"missing"`, `"status":"syncing"`, 1)
	both := strings.ReplaceAll(contentOf(file), `"status":"missing"`, `"status":"syncing"`)
	repo.push(files{"a/docker-compose.yml": "", "b/docker-compose.yml": ""})
	for content, want := range map[string]string{one: "a forget", both: "a leave, b leave", "{": ""} {
		is.NoErr(os.WriteFile(file, []byte(content), 0o600))
		got := run(t, []string{"-plan=json"}, noEngine, "GIT_URL="+repo.bare, "SNAPSHOT_FILE="+file)
		is.Equal(got.code, 0)
		is.Equal(strings.Contains(got.stderr, "mooring: SNAPSHOT_FILE cannot be read back"), content == "{")
		var decoded plan
		is.NoErr(json.Unmarshal([]byte(got.stdout), &decoded))
		is.Equal(decoded.actions(), want)
		if content == both { // the removal of both is held
			is.True(strings.Contains(decoded.Steps[0].Reason, "REMOVAL_LIMIT"))
		}
		is.Equal(contentOf(file), content)
		left, err := os.ReadDir(directory)
		is.NoErr(err)
		is.Equal(len(left), 1) // nothing is beside it
	}
}

func TestPlanRefusesAStackWhoseComposeFileIsSkipped(t *testing.T) {
	is := is.New(t)
	repo := newRepository(t)
	is.NoErr(os.MkdirAll(filepath.Join(repo.work, "linked"), 0o755))
	is.NoErr(os.Symlink("/etc/passwd", filepath.Join(repo.work, "linked/docker-compose.yml")))
	repo.push(files{"web/docker-compose.yml": oneStack})
	got := planned(t, "GIT_URL="+repo.bare)
	is.Equal(got.actions(), "linked refuse, web create")
	is.True(strings.HasPrefix(got.Steps[0].Reason, `Its compose file "linked/docker-compose.yml" cannot be served: `))
}

func TestPlanFailsWhereGitCannotBeRead(t *testing.T) {
	is := is.New(t)
	got := run(t, []string{"-plan"}, noEngine, "GIT_URL="+filepath.Join(t.TempDir(), "none"))
	is.Equal(got.code, 1)
	is.Equal(got.stdout, "")
	is.True(strings.HasPrefix(got.stderr, "mooring: git_not_found: "))
	is.Equal(strings.Count(got.stderr, "\n"), 1)
}

func TestPlanRefusesBadSettings(t *testing.T) {
	repo, _ := with(t, files{"web/docker-compose.yml": oneStack})
	for _, bad := range []string{
		"WORK_DIR=relative", "WORK_DIR=/a\nb", "DEPLOY_PATHS=/abs", "DEPLOY_PATHS=../x", "DEPLOY_PATHS=a,,b", "DEPLOY_PATHS= ",
		"DEPLOY_PATHS=a/[", "DEPLOY_PATHS=a/**b", "DEPLOY_PATHS=a/", "GIT_REF=a..b",
	} {
		is := is.New(t)
		got := run(t, []string{"-plan"}, noEngine, "GIT_URL="+repo.bare, bad)
		is.Equal(got.code, 2)
		is.Equal(got.stdout, "")
		is.Equal(strings.Count(got.stderr, "\n"), 1)
		name, _, _ := strings.Cut(bad, "=")
		is.True(strings.HasPrefix(got.stderr, "mooring: "+name+" "))
	}
	is.New(t).Equal(run(t, []string{"-plan=xml"}).code, 2)
}

func TestPlanOfTheREADMEPrintsWhatItShows(t *testing.T) {
	is := is.New(t)
	directory, work := cloned(t), t.TempDir()
	content, err := os.ReadFile("../README.md")
	is.NoErr(err)
	_, section, found := strings.Cut(string(content), "\n## What a deployment would do: mooring -plan\n")
	is.True(found)
	shown := regexp.MustCompile("(?s)```sh\n([^`]+)```\n\n```text\n([^`]+)```").FindStringSubmatch(section)
	is.True(shown != nil)
	command := exec.CommandContext(t.Context(), "bash", "-c", shown[1])
	command.Dir, command.Env = directory, append(os.Environ(), noEngine, "WORK_DIR="+work, "GOFLAGS=-buildvcs=false")
	output, err := command.Output()
	is.NoErr(err)
	revision := regexp.MustCompile("[0-9a-f]{40}")
	is.Equal(revision.ReplaceAllString(string(output), "REVISION"), revision.ReplaceAllString(shown[2], "REVISION"))
	is.NoErr(os.MkdirAll(filepath.Join(work, "tree"), 0o755))
	is.NoErr(os.WriteFile(filepath.Join(work, "tree/webhook.secret"), []byte("x"), 0o600))
	is.Equal(planned(t, "GIT_URL="+directory, "WORK_DIR="+work).actions(), ". create")
}

package integration_test

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// engine is a Docker Engine that a test may use.
type engine struct {
	t           *testing.T
	environment []string // what docker needs to find the engine and its plugins
}

// startEngine returns a Docker Engine: one of the test's own if that can be started, else the one that docker reaches. The
// test is skipped where there is none, or no docker compose.
func startEngine(t *testing.T) engine {
	t.Helper()
	if testing.Short() {
		t.Skip("a Docker Engine is too much for a short test")
	}
	e := engine{t: t}
	for _, name := range []string{"HOME", "PATH", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT"} {
		if value, found := os.LookupEnv(name); found {
			e.environment = append(e.environment, name+"="+value)
		}
	}
	if out, err := e.try("compose", "version"); err != nil {
		t.Skipf("this test needs docker compose: %s", out)
	}
	if why := e.startOwn(); why != "" {
		if out, err := e.try("info", "--format", "{{.ServerVersion}}"); err != nil {
			t.Skipf("this test needs a Docker Engine. None can be started (%s), and none is reached: %s", why, out)
		}
	}
	return e
}

// startOwn starts an engine with namespaces, data and socket of its own, which ends with the test. It returns why it
// cannot.
func (e *engine) startOwn() string {
	e.t.Helper()
	if os.Getuid() != 0 {
		return "the test does not run as root"
	}
	for _, program := range []string{"dockerd", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			return program + " is not installed"
		}
	}
	directory, err := os.MkdirTemp("", "engine") // a short path: that of a socket has at most 107 bytes
	is.New(e.t).NoErr(err)
	socket, log := "unix://"+filepath.Join(directory, "sock"), new(bytes.Buffer)
	command := exec.Command("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "dockerd",
		"--data-root", filepath.Join(directory, "data"), "--exec-root", filepath.Join(directory, "exec"),
		"--pidfile", filepath.Join(directory, "pid"), "--host", socket,
		"--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--storage-driver", "vfs")
	command.Stdout, command.Stderr = log, log
	is.New(e.t).NoErr(command.Start())
	e.t.Cleanup(func() {
		_ = command.Process.Kill() // everything in its namespace of processes ends with it
		_ = command.Wait()
		is.New(e.t).NoErr(os.RemoveAll(directory))
	})
	before := e.environment
	e.environment = append(e.environment[:len(before):len(before)], "DOCKER_HOST="+socket)
	limit := time.Now().Add(patience)
	for again := time.Tick(100 * time.Millisecond); time.Now().Before(limit); <-again { // it tells nobody when it is ready
		if _, err := e.try("info"); err == nil {
			return ""
		}
	}
	e.environment = before
	return "dockerd does not get ready"
}

// try runs docker.
func (e engine) try(arguments ...string) (string, error) {
	command := exec.Command("docker", arguments...)
	command.Env = e.environment
	output, err := command.CombinedOutput()
	return strings.TrimSpace(string(output)), err
}

func (e engine) docker(arguments ...string) string {
	e.t.Helper()
	output, err := e.try(arguments...)
	if err != nil {
		e.t.Fatalf("docker %s: %v: %s", strings.Join(arguments, " "), err, output)
	}
	return output
}

// image makes an image whose program waits until it is stopped. Nothing is pulled.
func (e engine) image(name string) {
	e.t.Helper()
	is := is.New(e.t)
	const program = `package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
}
`
	source := filepath.Join(e.t.TempDir(), "main.go")
	is.NoErr(os.WriteFile(source, []byte(program), 0o600))
	build := exec.Command("go", "build", "-o", source+".out", source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	is.NoErr(build.Run())
	binary, err := os.ReadFile(source + ".out")
	is.NoErr(err)
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	is.NoErr(archive.WriteHeader(&tar.Header{Name: "wait", Mode: 0o755, Size: int64(len(binary))}))
	_, err = archive.Write(binary)
	is.NoErr(err)
	is.NoErr(archive.Close())
	command := exec.Command("docker", "import", "--change", `CMD ["/wait"]`, "-", name)
	command.Env, command.Stdin = e.environment, &layer
	output, err := command.CombinedOutput()
	if err != nil {
		e.t.Fatalf("docker import: %v: %s", err, output)
	}
	e.t.Cleanup(func() { _, _ = e.try("image", "rm", "--force", name) })
}

// container returns the id of the running container of a stack, or nothing.
func (e engine) container(path string) string {
	e.t.Helper()
	return e.docker("ps", "--quiet", "--filter", "label=com.docker.compose.project.working_dir", "--filter", "name=mooring-"+path+"-")
}

// The deployer with docker compose and an engine, as in its README.
func TestDeployerAppliesStacksToADockerEngine(t *testing.T) {
	is := is.New(t)
	e := startEngine(t)
	const image = "mooring.test/wait:1"
	e.image(image)
	compose := func(image string) string {
		return "services: {app: {image: " + image + ", pull_policy: never, network_mode: none, env_file: app.env}}\n"
	}
	repo, _ := with(t, files{
		"enginea/docker-compose.yml": compose(image), "enginea/app.env": "LEVEL=1\n",
		"engineb/docker-compose.yml": compose(image), "engineb/app.env": "LEVEL=1\n",
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
		return seen.Revision == next && seen.at("enginea").AppliedTree == seen.at("enginea").Tree && seen.at("enginea").InSync
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

package integration_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// The deployer of examples/deployer, run as in its README, with a recorder instead of docker compose.

const deployerScript = "../examples/deployer/deploy.sh"

// deployer is the running script: a process group of its own.
type deployer struct {
	t         *testing.T
	directory string // its HOME, and WORK_DIR in it
	command   *exec.Cmd
	log       string
	secrets   secrets
	exited    chan struct{} // closed when the script has ended
}

// deploy runs the script until the test ends. Two deployers in one directory share a working copy.
func (r recorder) deploy(directory string, s *service, gitURL string, variables ...string) *deployer {
	r.t.Helper()
	is := is.New(r.t)
	log, err := os.CreateTemp(r.t.TempDir(), "log")
	is.NoErr(err)
	defer log.Close()
	d := &deployer{t: r.t, directory: directory, log: log.Name(), exited: make(chan struct{}),
		secrets: secretsOf(variables)}
	d.command = exec.Command("sh", deployerScript)
	d.command.Env = append(lab.Environment(directory, []string{
		"GIT_URL=" + gitURL, "MOORING_URL=http://" + s.address, "WORK_DIR=" + d.path(), "RETRY_SECONDS=1",
		"DEPLOY_COMMAND=sh " + r.script + " apply", "REMOVE_COMMAND=sh " + r.script + " remove",
		"RECORDER=" + r.server.URL, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
	}), variables...)
	d.command.Stderr = log // a file: with a pipe, Wait would wait for every process below the script
	d.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	is.NoErr(d.command.Start())
	// Ends when the script does; the cleanup waits for it.
	go func() { defer close(d.exited); _ = d.command.Wait() }()
	r.t.Cleanup(d.finish)
	return d
}

// path returns the path of something below WORK_DIR.
func (d *deployer) path(names ...string) string {
	return filepath.Join(append([]string{d.directory, "work dir"}, names...)...)
}

func (d *deployer) finish() {
	d.t.Helper()
	select {
	case <-d.exited:
	default:
		is.New(d.t).Equal(d.stop(syscall.SIGTERM), 0)
	}
	log, err := os.ReadFile(d.log)
	is.New(d.t).NoErr(err)
	d.secrets.check(d.t, "the deployer's log", string(log))
	if d.t.Failed() {
		d.t.Logf("the deployer's log:\n%s", log)
	}
}

// stop ends the script by SIGTERM, or its process group by SIGKILL, and returns its exit code, or -1 after SIGKILL.
func (d *deployer) stop(signal syscall.Signal) int {
	d.t.Helper()
	target := d.command.Process.Pid
	if signal == syscall.SIGKILL {
		target = -target
	}
	is.New(d.t).NoErr(syscall.Kill(target, signal))
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-d.exited:
	case <-limit.C:
		_ = syscall.Kill(-d.command.Process.Pid, syscall.SIGKILL)
		<-d.exited
		d.t.Errorf("the deployer has not stopped within %s", patience)
	}
	return d.command.ProcessState.ExitCode()
}

// awaitSync returns the snapshot of a revision when every stack is in sync.
func (s *service) awaitSync(revision string) snapshot {
	s.t.Helper()
	return s.awaitSnapshot("every stack in sync at "+revision, func(seen snapshot) bool {
		return seen.Revision == revision &&
			!slices.ContainsFunc(seen.Stacks, func(stack stack) bool { return !stack.InSync })
	})
}

func TestDeployerIsShortEnoughToBeRead(t *testing.T) {
	is := is.New(t)
	script, err := os.ReadFile(deployerScript)
	is.NoErr(err)
	is.True(bytes.Count(script, []byte("\n")) <= 200)
	for i, line := range strings.Split(string(script), "\n") {
		if len([]rune(line)) > 120 {
			t.Errorf("line %d has more than 120 columns", i+1)
		}
	}
}

// oddStacks have paths with characters that are special in a shell, a URL or JSON, and git attributes that change files
// at a checkout.
func oddStacks() files {
	content := files{".gitattributes": "* text eol=crlf\n*.yml ident\n", "docker-compose.yml": "# the root\n"}
	for _, path := range []string{
		"web", "deep/web", "Deep/WEB", "sp  ace /100%41", `q"uo'te`, "čéñ/☃", "-dash", `back\slash\n`, "$(touch pwn)",
		"a?b#c&d;e", "[x]{y}", " lead", "~", "*",
	} {
		content[path+"/docker-compose.yml"] = "# $Id$ of " + path + "\n"
	}
	return content
}

func TestDeployerFollowsGit(t *testing.T) {
	is := is.New(t)
	repo := newRepository(t)
	is.NoErr(os.MkdirAll(filepath.Join(repo.work, "link"), 0o755))
	is.NoErr(os.Symlink("../web/docker-compose.yml", filepath.Join(repo.work, "link/docker-compose.yml")))
	revision := repo.push(oddStacks())
	url := serveRepository(t, repo).url()
	token := filepath.Join(t.TempDir(), "token")
	is.NoErr(os.WriteFile(token, []byte("t0ken/of+the=deployer\n"), 0o600))
	s := start(t, "GIT_URL="+url, "DEPLOYER_TOKEN_FILE="+token)
	r := newRecorder(t)
	d := r.deploy(t.TempDir(), s, url, "DEPLOYER_TOKEN=t0ken/of+the=deployer")

	seen := s.awaitSync(revision)
	is.Equal(len(seen.Stacks), 16)
	projects := make(map[string]bool)
	for _, stack := range seen.Stacks {
		applied := r.of(stack.Path)
		is.Equal(len(applied), 1) // each once
		e := applied[0]
		is.Equal(e, execution{"apply", stack.Path, "docker-compose.yml", stack.Hash, revision, e.project, e.content, ""})
		is.Equal(lab.Digest(e.content), stack.Hash) // it has reported the hash of the file in the working copy
		projects[e.project] = true
	}
	is.Equal(len(projects), 16) // no two stacks share a project
	_, err := os.Stat(d.path("tree", "$(touch pwn)", "pwn"))
	is.True(os.IsNotExist(err)) // no shell has run a path

	is.NoErr(os.WriteFile(d.path("tree", "web", "volume"), []byte("data"), 0o600))
	project := r.of("~")[0].project
	revision = repo.push(files{
		"web/docker-compose.yml": "# another\n", "new/docker-compose.yml": "# new\n",
		"~/docker-compose.yml": "", "sp  ace /100%41/docker-compose.yml": "",
	})
	s.refresh()
	seen = s.awaitSync(revision)
	is.Equal(len(seen.Stacks), 15) // one more and two less
	is.Equal(r.order(16), []string{
		"remove sp  ace /100%41", "remove ~", "apply .", "apply link", "apply new", "apply web", // the root holds all others
	})
	is.Equal(r.executions()[17].project, project)
	_, err = os.Stat(d.path("tree", "web", "volume"))
	is.NoErr(err) // files that containers write into the working copy stay
}

func TestDeployerChecksOutACommitThatTheHostDoesNotAdvertise(t *testing.T) {
	is := is.New(t)
	repo, pinned := with(t, files{"a/docker-compose.yml": "# 1"})
	repo.push(files{"a/docker-compose.yml": "# 2"})
	url := serveRepository(t, repo).url()
	s := start(t, "GIT_URL="+url, "GIT_REF="+pinned)
	r := newRecorder(t)
	// A host of protocol 0 refuses to give a commit by its id alone.
	r.deploy(t.TempDir(), s, url, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=protocol.version", "GIT_CONFIG_VALUE_0=0")
	s.awaitSync(pinned)
	is.Equal(r.executions()[0].content, "# 1")
}

func TestDeployerSaysWhichSettingIsWrong(t *testing.T) {
	for variable, told := range map[string]string{
		"GIT_URL=": "GIT_URL", "RETRY_SECONDS=0": "RETRY_SECONDS", "RETRY_SECONDS=1m": "RETRY_SECONDS",
		"COMMAND_TIMEOUT=soon": "COMMAND_TIMEOUT",
	} {
		t.Run(variable, func(t *testing.T) {
			is := is.New(t)
			command := exec.Command("sh", deployerScript)
			command.Env = lab.Environment(t.TempDir(), []string{"GIT_URL=/nowhere", "WORK_DIR=" + t.TempDir(), variable})
			output, err := command.CombinedOutput()
			is.True(err != nil)
			is.True(strings.Contains(string(output), told))
		})
	}
}

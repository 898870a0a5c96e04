package integration_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// awaitFile waits until the snapshot in a file fulfils a condition, and returns it. It reads the file again and again,
// because there is no notice of a change.
func awaitFile(t *testing.T, file string, wanted func(snapshot) bool) snapshot {
	t.Helper()
	limit := time.Now().Add(patience)
	for again := time.Tick(5 * time.Millisecond); time.Now().Before(limit); <-again {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // not written yet
		}
		// The file is complete at every moment.
		if seen := decode[snapshot](t, reply{body: string(content)}); wanted(seen) {
			return seen
		}
	}
	t.Fatalf("waited %s in vain for %s", patience, file)
	return snapshot{}
}

func TestSnapshotFileHoldsTheBodyOfTheStacks(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "snapshot.json")
	repo, _, first, s := refreshed(t, twoStacks(), "SNAPSHOT_FILE="+file)
	awaitFile(t, file, func(seen snapshot) bool { return seen.Revision == first })
	s.report("web", fmt.Sprintf(`{"status":"synced","hash":%q}`, repo.hash(first, "web/docker-compose.yml")))
	written, err := os.ReadFile(file) // a report is answered when the file holds it
	is.NoErr(err)
	is.Equal(string(written), s.get("/api/v1/stacks").body)
	beside, err := os.ReadDir(filepath.Dir(file))
	is.NoErr(err)
	is.Equal(len(beside), 1) // no temporary file is left
}

// Statuses, applied hashes and deleting stacks survive when the process is killed.
func TestSnapshotFileOutlivesAKill(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "snapshot.json")
	repo, host, first, s := refreshed(t, files{
		"gone/docker-compose.yml": "services: {gone: {}}", "runs/docker-compose.yml": "services: {runs: {}}",
		"starts/docker-compose.yml": "services: {starts: {}}", "new/docker-compose.yml": "services: {new: {}}",
	}, "SNAPSHOT_FILE="+file)
	for _, path := range []string{"gone", "runs"} {
		hash := repo.hash(first, path+"/docker-compose.yml")
		s.report(path, fmt.Sprintf(`{"status":"synced","hash":%q}`, hash))
	}
	repo.push(files{"gone/docker-compose.yml": ""})
	s.refresh()
	s.report("starts", `{"status":"syncing"}`)
	before := s.snapshot()
	is.Equal(before.at("gone").Status, "deleting")
	is.Equal(s.stop(syscall.SIGKILL), -1)

	host.Hang()
	again := start(t, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file)
	host.reached()
	is.Equal(again.snapshot(), before) // the restored snapshot is served before Git has answered
	is.Equal(again.get("/readyz").status, http.StatusServiceUnavailable)
	host.Release()
	again.logged("refresh completed")
	is.Equal(again.snapshot(), before) // the same revision changes nothing
	is.Equal(again.do(http.MethodDelete, "/api/v1/stacks/gone", "").status, http.StatusOK)
	awaitFile(t, file, func(seen snapshot) bool { return len(seen.Stacks) == len(before.Stacks)-1 })
}

// At a start the changes in Git since the last run are found, and compared with the statuses in the file.
func TestRestartFindsWhatGitDidMeanwhile(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "snapshot.json")
	repo, host, first, s := refreshed(t, twoStacks(), "SNAPSHOT_FILE="+file)
	applied := repo.hash(first, "web/docker-compose.yml")
	s.report("web", fmt.Sprintf(`{"status":"synced","hash":%q}`, applied))
	s.finish()
	next := repo.push(files{"web/docker-compose.yml": "services: {web: {}}", "db/main/docker-compose.yaml": ""})
	again := start(t, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file)
	seen := again.awaitRevision(next)
	is.Equal(seen.paths(), []string{"web"})
	is.Equal([]string{seen.at("web").Status, seen.at("web").AppliedHash}, []string{"synced", applied})
	is.True(!seen.at("web").InSync)
}

// Another branch is another desired state. Stacks that both branches have keep their status.
func TestRestartWithAnotherBranchKeepsTheStatusesOfStacksInBoth(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "snapshot.json")
	repo, host, first, s := refreshed(t, twoStacks(), "SNAPSHOT_FILE="+file, "GIT_REF=main")
	s.report("web", fmt.Sprintf(`{"status":"synced","hash":%q}`, repo.hash(first, "web/docker-compose.yml")))
	s.report("db/main", `{"status":"syncing"}`)
	onMain := s.snapshot()
	s.finish()

	git(t, repo.work, "checkout", "-q", "-b", "next")
	next := repo.commit(files{"new/docker-compose.yml": "services: {}", "db/main/docker-compose.yaml": ""})
	repo.publish("HEAD:refs/heads/next")
	again := start(t, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file, "GIT_REF=next")
	seen := again.awaitRevision(next)
	is.Equal(seen.paths(), []string{"db/main", "new", "web"})
	is.Equal(seen.at("web"), onMain.at("web"))
	is.Equal(seen.at("new").Status, "missing")
	is.Equal(seen.at("new").Hash, repo.hash(next, "new/docker-compose.yml"))
	is.Equal(seen.at("db/main").Status, "syncing") // it may run, and the branch does not have it
	is.True(strings.Contains(seen.at("db/main").Held, "GIT_REF has changed"))
	is.Equal(again.do(http.MethodDelete, "/api/v1/stacks/db/main", "").status, http.StatusConflict)
	again.finish()

	back := start(t, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file, "GIT_REF=main")
	seen = back.awaitRevision(first)
	is.Equal(seen.paths(), []string{"db/main", "web"})
	is.Equal(seen.at("web"), onMain.at("web"))
	is.Equal(seen.at("db/main"), onMain.at("db/main")) // it is back
}

// Before the first successful refresh no file is written: a reader would take it for a list without stacks.
func TestSnapshotFileIsNotWrittenBeforeAFirstSync(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	file := filepath.Join(t.TempDir(), "snapshot.json")
	settings := []string{"GIT_URL=" + repo.bare, "GIT_REF=later", "SNAPSHOT_FILE=" + file}
	absent := func() {
		t.Helper()
		beside, err := os.ReadDir(filepath.Dir(file))
		is.NoErr(err)
		is.Equal(len(beside), 0)
	}
	is.Equal(run(t, []string{"-once"}, settings...).code, 1)
	absent()
	s := start(t, settings...)
	s.snapshotFile = "" // there is no file to search
	is.Equal(s.refresh().Error.Code, "git_ref_not_found")
	is.Equal(s.stop(syscall.SIGTERM), 0)
	absent()
	git(t, repo.bare, "update-ref", "refs/heads/later", first)
	again := start(t, settings...)
	awaitFile(t, file, func(seen snapshot) bool { return seen.Revision == first })
	is.Equal(again.snapshot().paths(), []string{"db/main", "web"})
}

func TestUnreadableSnapshotFileIsAWarning(t *testing.T) {
	for name, content := range map[string]string{
		"garbage": "\x00\xff{", "empty": "", "another document": `{"stacks":"none"}`, "null": "null",
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			file := filepath.Join(t.TempDir(), "snapshot.json")
			is.NoErr(os.WriteFile(file, []byte(content), 0o644))
			repo, revision := with(t, twoStacks())
			s := start(t, "GIT_URL="+repo.bare, "SNAPSHOT_FILE="+file)
			s.logged("level=WARN", "SNAPSHOT_FILE")
			holds := func(seen snapshot) bool { return seen.Revision == revision }
			awaitFile(t, file, holds)
			is.NoErr(os.Remove(file))
			s.report("web", `{"status":"syncing"}`) // answered when the file holds it
			is.Equal(awaitFile(t, file, holds), s.snapshot())
		})
	}
}

// In a container the file may be a mount itself. A mounted file cannot be replaced.
func TestSnapshotFileThatIsAMountIsABadSetting(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "snapshot.json")
	is.NoErr(os.WriteFile(file, []byte("{}"), 0o644))
	ctx, cancel := context.WithTimeout(t.Context(), patience) // if the rule is broken, the service serves for ever
	defer cancel()
	mounted := func(command ...string) *exec.Cmd {
		script := []string{"--map-root-user", "--mount", "sh", "-ec", `mount --bind "$0" "$0"; exec "$@"`, file}
		return exec.CommandContext(ctx, "unshare", append(script, command...)...)
	}
	if out, err := mounted("true").CombinedOutput(); err != nil {
		t.Skipf("this test needs a namespace to mount in, which unshare is not given here: %s", out)
	}
	command := mounted(os.Getenv(program))
	command.Env = lab.Environment(t.TempDir(), []string{"SNAPSHOT_FILE=" + file, "GIT_URL=.", "LISTEN_ADDR=127.0.0.1:0"})
	out, err := command.CombinedOutput()
	is.Equal(command.ProcessState.ExitCode(), 2)
	is.True(err != nil)
	is.Equal(string(out), "mooring: SNAPSHOT_FILE must not be a mount itself, as "+file+" is: mount its directory\n")
	left, err := os.ReadDir(filepath.Dir(file))
	is.NoErr(err)
	is.Equal(len(left), 1)
}

func TestHeadlessOpensNoPortAndFollowsPushes(t *testing.T) {
	is := is.New(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	is.NoErr(err)
	defer listener.Close()
	repo, first := with(t, twoStacks())
	file := filepath.Join(t.TempDir(), "snapshot.json")
	host := serveRepository(t, repo)
	s := launch(t, t.TempDir(), "GIT_URL="+host.url(), "HEADLESS=true", "POLL_INTERVAL=50ms", "SNAPSHOT_FILE="+file,
		"LISTEN_ADDR="+listener.Addr().String()) // it is in use: if the service opened it, the start would fail
	awaitFile(t, file, func(seen snapshot) bool { return seen.Revision == first })
	for i := range 3 {
		next := repo.push(files{"web/docker-compose.yml": fmt.Sprintf("services: {web%d: {}}", i)})
		seen := awaitFile(t, file, func(seen snapshot) bool { return seen.Revision == next })
		is.Equal(seen.at("web").Hash, repo.hash(next, "web/docker-compose.yml"))
	}
	s.logged("refresh completed", "source=poll")
	is.Equal(host.Counts().Most, 1)
	is.Equal(s.stop(syscall.SIGTERM), 0)
}

func TestHeadlessRefreshesAtAHangup(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	s := launch(t, t.TempDir(), "GIT_URL="+repo.bare, "HEADLESS=true", "POLL_INTERVAL=1h")
	s.logged("refresh completed", "source=startup", first)
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	s.signal(syscall.SIGHUP)
	s.logged("refresh completed", "source=manual", next)
	is.Equal(s.stop(syscall.SIGTERM), 0)
}

func TestPollingFollowsPushesOneAtATime(t *testing.T) {
	is := is.New(t)
	repo, host, _, s := refreshed(t, twoStacks(), "POLL_INTERVAL=20ms")
	for i := range 3 {
		s.awaitRevision(repo.push(files{"web/docker-compose.yml": fmt.Sprintf("services: {web%d: {}}", i)}))
	}
	is.Equal(s.status().LastSuccess.Trigger.Source, "poll")
	is.Equal(host.Counts().Most, 1)
	before := s.snapshot()
	next := s.refresh()
	is.Equal(len(next.Changes.Added)+len(next.Changes.Changed)+len(next.Changes.Removed), 0)
	is.Equal(s.snapshot(), before) // the same revision changes nothing, refreshed_at included
}

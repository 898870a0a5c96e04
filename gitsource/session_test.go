package gitsource

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

// ways are all the ways to a host, each in both versions of the protocol.
func ways() map[string]func(t *testing.T, r *testRepository) locationSettings {
	overHTTP := func(v0 bool) func(t *testing.T, r *testRepository) locationSettings {
		return func(t *testing.T, r *testRepository) locationSettings {
			return locationSettings{URL: serveHTTP(t, r, httpOptions{v0: v0}).url()}
		}
	}
	overGit := func(v0 bool) func(t *testing.T, r *testRepository) locationSettings {
		return func(t *testing.T, r *testRepository) locationSettings { return locationSettings{URL: serveGit(t, r, v0)} }
	}
	bySSH := func(v0 bool) func(t *testing.T, r *testRepository) locationSettings {
		return func(t *testing.T, r *testRepository) locationSettings { return overSSH(t, r, sshOptions{v0: v0}) }
	}
	return map[string]func(t *testing.T, r *testRepository) locationSettings{
		"HTTP/v2": overHTTP(false), "HTTP/v0": overHTTP(true), "Git/v2": overGit(false), "Git/v0": overGit(true),
		"SSH/v2": bySSH(false), "SSH/v0": bySSH(true),
	}
}

// overSSH serves a repository over SSH and returns the settings that lead there.
func overSSH(t *testing.T, r *testRepository, options sshOptions) locationSettings {
	t.Helper()
	host := serveSSH(t, r, options)
	return locationSettings{URL: host.url, SSHKeyFile: host.keyFile, SSHKnownHostsFile: host.knownHosts}
}

// newTestRemote makes the remote, and closes its idle connections when the test ends.
func newTestRemote(t *testing.T, settings locationSettings) *remote {
	t.Helper()
	remote, err := newRemote(settings)
	if err != nil {
		t.Fatal(err)
	}
	if remote.client != nil {
		t.Cleanup(remote.client.CloseIdleConnections)
	}
	return remote
}

// openSession opens a session and closes it when the test ends.
func openSession(t *testing.T, remote *remote, known hostFacts) *session {
	t.Helper()
	opened, err := remote.open(t.Context(), known)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.close)
	return opened
}

// openFailure is the failure that opening a session gives.
func openFailure(t *testing.T, settings locationSettings) *actors.Failure {
	t.Helper()
	opened, err := newTestRemote(t, settings).open(t.Context(), hostFacts{})
	if err == nil {
		opened.close()
		t.Fatal("the session opened")
	}
	var failure *actors.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("not a failure: %v", err)
	}
	return failure
}

// unpacked are the ids in a pack, as git itself finds them, with the kinds of the objects.
func unpacked(t *testing.T, pack []byte) map[objectID]string {
	t.Helper()
	r := newTestRepository(t)
	index := exec.CommandContext(t.Context(), "git", "-C", r.dir, "unpack-objects", "-q")
	index.Env, index.Stdin = gitEnvironment(), bytes.NewReader(pack)
	if output, err := index.CombinedOutput(); err != nil {
		t.Fatalf("git unpack-objects: %v: %s", err, output)
	}
	kinds := map[objectID]string{}
	list := r.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
	for line := range strings.Lines(list) {
		id, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
		kinds[idOf(id)] = kind
	}
	return kinds
}

// fetchAll fetches and reads a pack to its end.
func fetchAll(t *testing.T, from *session, request fetchRequest) map[objectID]string {
	t.Helper()
	pack, err := from.fetch(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	defer pack.Close()
	content, err := io.ReadAll(pack)
	if err != nil {
		t.Fatal(err)
	}
	return unpacked(t, content)
}

func TestEveryWayFetchesTreesThenSingleBlobs(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			first := repository.commit("a/docker-compose.yml", "a")
			tip := repository.commit("b/docker-compose.yml", "b")
			from := openSession(t, newTestRemote(t, way(t, repository)), hostFacts{})
			is.Equal(from.tip(), tip)
			is.True(from.filters())
			is.Equal(from.facts().protocol == protocolV2, strings.HasSuffix(name, "/v2"))

			kinds := fetchAll(t, from, fetchRequest{wants: []objectID{tip}, shallow: true, filter: "blob:none"})
			is.Equal(len(kinds), 4) // a commit, the root and two directories: no history, no blob
			is.Equal(kinds[tip], "commit")
			is.Equal(kinds[first], "")

			a, b := repository.id("HEAD:a/docker-compose.yml"), repository.id("HEAD:b/docker-compose.yml")
			kinds = fetchAll(t, from, fetchRequest{wants: []objectID{a, b}})
			is.Equal(kinds, map[objectID]string{a: "blob", b: "blob"})
			is.Equal(from.wire.isReady(), name != "Git/v0" && name != "SSH/v0") // connections are kept
		})
	}
}

func TestEveryWayFetchesWhatIsNewBesideTheKnownCommit(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			known := repository.commit("a/docker-compose.yml", "a", "b/docker-compose.yml", "b")
			remote := newTestRemote(t, way(t, repository))
			facts := openSession(t, remote, hostFacts{}).facts()
			tip := repository.commit("a/docker-compose.yml", "changed")
			from := openSession(t, remote, facts)
			is.Equal(from.tip(), tip)

			kinds := fetchAll(t, from, fetchRequest{wants: []objectID{tip}, have: known, filter: "blob:limit=65536"})
			is.Equal(len(kinds), 4) // the commit, the root, the directory and its file
			is.Equal(kinds[repository.id("HEAD:a/docker-compose.yml")], "blob")
			is.Equal(kinds[repository.id("HEAD~1:b/docker-compose.yml")], "")
		})
	}
}

func TestEveryWayFetchesAForcedPushBesideTheKnownCommit(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			repository.commit("a/docker-compose.yml", "a")
			known := repository.commit("a/docker-compose.yml", "dropped")
			remote := newTestRemote(t, way(t, repository))
			facts := openSession(t, remote, hostFacts{}).facts()
			repository.git("reset", "--quiet", "--hard", "HEAD~1")
			tip := repository.commit("a/docker-compose.yml", "other")
			repository.git("branch", "keep", known.String())

			from := openSession(t, remote, facts)
			kinds := fetchAll(t, from, fetchRequest{wants: []objectID{tip}, have: known})
			is.Equal(len(kinds), 4)
			is.Equal(kinds[tip], "commit")
			is.Equal(kinds[known], "")
		})
	}
}

func TestAnUnknownHaveIsToldBeforeThePack(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			tip := repository.commit("a/docker-compose.yml", "a")
			from := openSession(t, newTestRemote(t, way(t, repository)), hostFacts{})
			_, err := from.fetch(t.Context(), fetchRequest{wants: []objectID{tip}, have: objectID{0x12}})
			is.Equal(err, errNoCommonCommit)

			kinds := fetchAll(t, from, fetchRequest{wants: []objectID{tip}, shallow: true})
			is.Equal(kinds[tip], "commit") // the session goes on
		})
	}
}

func TestAPackThatIsClosedEarlyLeavesTheSessionUsable(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			tip := repository.commit("a/docker-compose.yml", strings.Repeat("a", 1<<20))
			from := openSession(t, newTestRemote(t, way(t, repository)), hostFacts{})
			request := fetchRequest{wants: []objectID{tip}, shallow: true}
			pack, err := from.fetch(t.Context(), request)
			is.NoErr(err)
			is.NoErr(pack.Close())
			is.Equal(fetchAll(t, from, request)[tip], "commit")
		})
	}
}

func TestAHostWithoutFilterSendsEverything(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			repository.git("config", "uploadpack.allowFilter", "false")
			repository.git("config", "uploadpack.allowAnySHA1InWant", "false")
			tip := repository.commit("docker-compose.yml", "a")
			from := openSession(t, newTestRemote(t, way(t, repository)), hostFacts{})
			kinds := fetchAll(t, from, fetchRequest{wants: []objectID{tip}, shallow: true, filter: "blob:none"})
			is.Equal(from.filters(), false) // over HTTP that shows when the filter is refused
			is.Equal(kinds[repository.id("HEAD:docker-compose.yml")], "blob")
		})
	}
}

func TestARepositoryOfSHA256IsRefusedWithASentence(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			is.NoErr(os.RemoveAll(filepath.Join(repository.dir, ".git")))
			repository.git("init", "--quiet", "--initial-branch=main", "--object-format=sha256")
			repository.git("commit", "--quiet", "--allow-empty", "--message=a")
			is.Equal(*openFailure(t, way(t, repository)), *sha256Repository())
		})
	}
}

package transport

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

// ways are all the ways to a host, each in both versions of the protocol.
func ways() map[string]func(t *testing.T, r *githost.Repository) location.Settings {
	overHTTP := func(v0 bool) func(t *testing.T, r *githost.Repository) location.Settings {
		return func(t *testing.T, r *githost.Repository) location.Settings {
			return location.Settings{URL: githost.ServeHTTP(t, r, githost.HTTPOptions{V0: v0}).Repository()}
		}
	}
	overGit := func(v0 bool) func(t *testing.T, r *githost.Repository) location.Settings {
		return func(t *testing.T, r *githost.Repository) location.Settings {
			return location.Settings{URL: githost.ServeGit(t, r, v0)}
		}
	}
	bySSH := func(v0 bool) func(t *testing.T, r *githost.Repository) location.Settings {
		return func(t *testing.T, r *githost.Repository) location.Settings {
			return overSSH(t, r, githost.SSHOptions{V0: v0})
		}
	}
	return map[string]func(t *testing.T, r *githost.Repository) location.Settings{
		"HTTP/v2": overHTTP(false), "HTTP/v0": overHTTP(true), "Git/v2": overGit(false), "Git/v0": overGit(true),
		"SSH/v2": bySSH(false), "SSH/v0": bySSH(true),
	}
}

// overSSH serves a repository over SSH and returns the settings that lead there.
func overSSH(t *testing.T, r *githost.Repository, options githost.SSHOptions) location.Settings {
	t.Helper()
	host := githost.ServeSSH(t, r, options)
	return location.Settings{URL: host.URL, SSHKeyFile: host.KeyFile, SSHKnownHostsFile: host.KnownHosts}
}

// newTestRemote makes the remote, and closes its idle connections when the test ends.
func newTestRemote(t *testing.T, settings location.Settings) *Remote {
	t.Helper()
	remote, err := New(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remote.CloseIdleConnections)
	return remote
}

// openSession opens a session and closes it when the test ends.
func openSession(t *testing.T, remote *Remote, known protocol.Facts) *protocol.Session {
	t.Helper()
	opened, err := remote.Open(t.Context(), known)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	return opened
}

// openFailure is the failure that opening a session gives.
func openFailure(t *testing.T, settings location.Settings) *actors.Failure {
	t.Helper()
	opened, err := newTestRemote(t, settings).Open(t.Context(), protocol.Facts{})
	if err == nil {
		opened.Close()
		t.Fatal("the session opened")
	}
	return failureOf(t, err)
}

func failureOf(t *testing.T, err error) *actors.Failure {
	t.Helper()
	var failure *actors.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("not a failure: %v", err)
	}
	return failure
}

// unpacked are the ids of a pack's objects, with their types, as the git program finds them.
func unpacked(t *testing.T, format object.Format, pack []byte) map[object.ID]string {
	t.Helper()
	r := githost.NewOf(t, format)
	index := exec.CommandContext(t.Context(), "git", "-C", r.Dir, "unpack-objects", "-q")
	index.Env, index.Stdin = githost.Environment(), bytes.NewReader(pack)
	if output, err := index.CombinedOutput(); err != nil {
		t.Fatalf("git unpack-objects: %v: %s", err, output)
	}
	kinds := map[object.ID]string{}
	list := r.Git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
	for line := range strings.Lines(list) {
		id, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
		kinds[githost.ID(id)] = kind
	}
	return kinds
}

// fetchAll fetches and reads a pack to its end.
func fetchAll(t *testing.T, from *protocol.Session, request protocol.Request) map[object.ID]string {
	t.Helper()
	pack, err := from.Fetch(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	defer pack.Close()
	content, err := io.ReadAll(pack)
	if err != nil {
		t.Fatal(err)
	}
	return unpacked(t, from.Tip().Format(), content)
}

func TestEveryWayFetchesTreesThenSingleBlobs(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				first := repository.Commit("a/docker-compose.yml", "a")
				tip := repository.Commit("b/docker-compose.yml", "b")
				remote := newTestRemote(t, way(t, repository))
				over, err := remote.wire(location.Credentials{}, strings.ToLower)
				is.NoErr(err)
				from, err := protocol.Open(t.Context(), over, remote.ref, strings.ToLower, protocol.Facts{})
				is.NoErr(err)
				defer from.Close()
				is.Equal(from.Tip(), tip)
				is.True(from.Filters())
				is.Equal(from.Facts().Version == protocol.V2, strings.HasSuffix(name, "/v2"))

				kinds := fetchAll(t, from, protocol.Request{Wants: []object.ID{tip}, Shallow: true, Filter: "blob:none"})
				is.Equal(len(kinds), 4) // a commit, the root and two directories: no history, no blob
				is.Equal(kinds[tip], "commit")
				is.Equal(kinds[first], "")

				a, b := repository.ID("HEAD:a/docker-compose.yml"), repository.ID("HEAD:b/docker-compose.yml")
				kinds = fetchAll(t, from, protocol.Request{Wants: []object.ID{a, b}})
				is.Equal(kinds, map[object.ID]string{a: "blob", b: "blob"})
				is.Equal(over.IsReady(), name != "Git/v0" && name != "SSH/v0") // connections are kept
			})
		}
	})
}

func TestEveryWayFetchesWhatIsNewBesideTheKnownCommit(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				known := repository.Commit("a/docker-compose.yml", "a", "b/docker-compose.yml", "b")
				remote := newTestRemote(t, way(t, repository))
				facts := openSession(t, remote, protocol.Facts{}).Facts()
				tip := repository.Commit("a/docker-compose.yml", "changed")
				from := openSession(t, remote, facts)
				is.Equal(from.Tip(), tip)

				kinds := fetchAll(t, from, protocol.Request{Wants: []object.ID{tip}, Have: known, Filter: "blob:limit=65536"})
				is.Equal(len(kinds), 4) // the commit, the root, the directory and its file
				is.Equal(kinds[repository.ID("HEAD:a/docker-compose.yml")], "blob")
				is.Equal(kinds[repository.ID("HEAD~1:b/docker-compose.yml")], "")
			})
		}
	})
}

func TestEveryWayFetchesAForcedPushBesideTheKnownCommit(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				repository.Commit("a/docker-compose.yml", "a")
				known := repository.Commit("a/docker-compose.yml", "dropped")
				remote := newTestRemote(t, way(t, repository))
				facts := openSession(t, remote, protocol.Facts{}).Facts()
				repository.Git("reset", "--quiet", "--hard", "HEAD~1")
				tip := repository.Commit("a/docker-compose.yml", "other")
				repository.Git("branch", "keep", known.String())

				from := openSession(t, remote, facts)
				kinds := fetchAll(t, from, protocol.Request{Wants: []object.ID{tip}, Have: known})
				is.Equal(len(kinds), 4)
				is.Equal(kinds[tip], "commit")
				is.Equal(kinds[known], "")
			})
		}
	})
}

func TestAnUnknownHaveIsToldBeforeThePack(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				tip := repository.Commit("a/docker-compose.yml", "a")
				from := openSession(t, newTestRemote(t, way(t, repository)), protocol.Facts{})
				_, err := from.Fetch(t.Context(), protocol.Request{Wants: []object.ID{tip}, Have: githost.ID(githost.SomeIDOf(format))})
				is.Equal(err, protocol.ErrNoCommonCommit)

				kinds := fetchAll(t, from, protocol.Request{Wants: []object.ID{tip}, Shallow: true})
				is.Equal(kinds[tip], "commit") // the session goes on
			})
		}
	})
}

func TestAPackThatIsClosedEarlyLeavesTheSessionUsable(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				tip := repository.Commit("a/docker-compose.yml", strings.Repeat("a", 1<<20))
				from := openSession(t, newTestRemote(t, way(t, repository)), protocol.Facts{})
				request := protocol.Request{Wants: []object.ID{tip}, Shallow: true}
				pack, err := from.Fetch(t.Context(), request)
				is.NoErr(err)
				is.NoErr(pack.Close())
				is.Equal(fetchAll(t, from, request)[tip], "commit")
			})
		}
	})
}

func TestAHostWithoutFilterSendsEverything(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				repository.Git("config", "uploadpack.allowFilter", "false")
				repository.Git("config", "uploadpack.allowAnySHA1InWant", "false")
				tip := repository.Commit("docker-compose.yml", "a")
				from := openSession(t, newTestRemote(t, way(t, repository)), protocol.Facts{})
				kinds := fetchAll(t, from, protocol.Request{Wants: []object.ID{tip}, Shallow: true, Filter: "blob:none"})
				is.Equal(from.Filters(), false) // over HTTP the session learns that when the host refuses the filter
				is.Equal(kinds[repository.ID("HEAD:docker-compose.yml")], "blob")
			})
		}
	})
}

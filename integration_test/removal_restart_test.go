package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"
)

// gone is a commit's content that removes stacks of fourStacks.
func gone(paths ...string) files {
	content := files{}
	for _, path := range paths {
		content[path+"/docker-compose.yml"] = ""
	}
	return content
}

// rewrite changes a snapshot file while no service runs.
func rewrite(t *testing.T, file string, change func(snapshot map[string]any, stacks []map[string]any)) {
	t.Helper()
	is := is.New(t)
	content, err := os.ReadFile(file)
	is.NoErr(err)
	var decoded map[string]any
	is.NoErr(json.Unmarshal(content, &decoded))
	var stacks []map[string]any
	for _, stack := range decoded["stacks"].([]any) {
		stacks = append(stacks, stack.(map[string]any))
	}
	change(decoded, stacks)
	content, err = json.Marshal(decoded)
	is.NoErr(err)
	is.NoErr(os.WriteFile(file, content, 0o600))
}

// A kill between any two steps takes nothing down that is held, and brings nothing back that is released.
func TestHoldsOutliveAKillAfterEachStep(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "stacks.json")
	repo, host, _, s := refreshed(t, fourStacks(), "SNAPSHOT_FILE="+file)
	s.applied("a", "b", "c", "d")
	restart := func(variables ...string) {
		t.Helper()
		s.stop(syscall.SIGKILL)
		s = start(t, append([]string{"GIT_URL=" + host.url(), "SNAPSHOT_FILE=" + file}, variables...)...)
		s.logged("refresh completed")
	}
	statuses := func() string {
		var all []string
		for _, stack := range s.snapshot().Stacks {
			word := stack.Path + " " + stack.Status
			if stack.Held != "" {
				word += " held"
			}
			all = append(all, word)
		}
		return strings.Join(all, ", ")
	}
	do := func(method, path, body string, status int) {
		t.Helper()
		is.Equal(s.do(method, "/api/v1/"+path, body).status, status)
	}

	repo.push(gone("a", "b", "c"))
	s.refresh()
	restart() // the file may hold the list before
	is.Equal(statuses(), "a synced held, b synced held, c synced held, d synced")
	s.report("a", `{"status":"missing","message":"it died"}`)
	s.report("b", `{"status":"syncing"}`)
	do("DELETE", "stacks/a", "", http.StatusConflict)
	restart()
	is.Equal(statuses(), "a missing held, b syncing held, c synced held, d synced")
	is.Equal(s.stack("a").LastSync.Message, "it died")

	repo.push(files{"c/docker-compose.yml": "services: {c: {image: another}}\n"})
	s.refresh()
	restart()
	is.Equal(statuses(), "a missing held, b syncing held, c synced, d synced")
	is.True(!s.stack("c").InSync)
	repo.push(gone("c")) // with the two that are held it is three of four
	s.refresh()
	restart()
	is.Equal(statuses(), "a missing held, b syncing held, c synced held, d synced")

	do("POST", "removals", fmt.Sprintf(`{"revision":%q,"paths":["c"]}`, s.snapshot().Revision), http.StatusOK)
	restart()
	is.Equal(statuses(), "a missing held, b syncing held, c deleting, d synced")
	repo.push(files{"c/docker-compose.yml": "services: {}\n"})
	s.refresh()
	restart()
	is.Equal(statuses(), "a missing held, b syncing held, c missing, d synced") // back, with what was applied
	is.True(s.stack("c").AppliedHash != "")
	repo.push(gone("c"))
	s.refresh()
	restart()
	is.Equal(statuses(), "a missing held, b syncing held, c missing held, d synced")

	restart("REMOVAL_LIMIT=100%")
	is.Equal(statuses(), "a deleting, b deleting, c deleting, d synced")
	awaitFile(t, file, func(seen snapshot) bool { return len(seen.held()) == 0 }) // nobody is told of this release
	restart()
	is.Equal(statuses(), "a deleting, b deleting, c deleting, d synced")
	do("DELETE", "stacks/a", "", http.StatusOK)
	restart()
	is.Equal(statuses(), "b deleting, c deleting, d synced")
}

// The version before wrote no trees, no commit and no source. A newer one may write more.
func TestFilesOfOtherVersionsAreReadBack(t *testing.T) {
	for _, version := range []string{"before", "newer"} {
		t.Run(version, func(t *testing.T) {
			is := is.New(t)
			file := filepath.Join(t.TempDir(), "stacks.json")
			repo, host, _, s := refreshed(t, fourStacks(), "SNAPSHOT_FILE="+file)
			s.applied("a", "b", "c", "d")
			s.finish()
			rewrite(t, file, func(decoded map[string]any, stacks []map[string]any) {
				if version == "newer" {
					decoded["moon"] = map[string]any{"phase": "full"}
					stacks[0]["orbit"] = []any{1}
					decoded["source"].(map[string]any)["host"] = "moon"
					return
				}
				for _, name := range []string{"commit", "source", "hints"} {
					delete(decoded, name)
				}
				for _, stack := range stacks {
					for _, name := range []string{"tree", "last_sync"} {
						delete(stack, name)
					}
				}
			})
			repo.push(gone("a"))
			again := start(t, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file, "GIT_REF=main")
			again.logged("refresh completed")
			is.Equal(again.count("cannot be read back"), 0)
			seen := again.snapshot()
			is.Equal(seen.Source.Ref, "main")
			is.Equal(len(again.status().Last.Changes.Touched), 0)
			if version == "before" {
				is.Equal(seen.held(), []string{}) // no source is no other source
				is.Equal(seen.at("a").Status, "deleting")
				return
			}
			is.Equal(seen.held(), []string{"a"})
			is.True(strings.Contains(seen.at("a").Held, "GIT_REF has changed"))
		})
	}
}

// Without a page and an API, a start is the way out.
func TestAHeadlessServiceReleasesWhatIsHeldByAStart(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "stacks.json")
	repo, host, first, s := refreshed(t, fourStacks(), "SNAPSHOT_FILE="+file, "GIT_REF=main")
	s.applied("a", "b", "c", "d")
	s.finish()
	bad := repo.push(gone("a", "b", "c"))
	run := func(variables ...string) snapshot {
		t.Helper()
		headless := launch(t, t.TempDir(), append([]string{
			"GIT_URL=" + host.url(), "SNAPSHOT_FILE=" + file, "HEADLESS=true", "POLL_INTERVAL=1h",
		}, variables...)...)
		headless.logged("refresh completed", "revision="+bad)
		is.Equal(headless.stop(syscall.SIGTERM), 0)
		return awaitFile(t, file, func(snapshot) bool { return true })
	}
	is.Equal(run().held(), []string{"a", "b", "c"})
	is.Equal(run().held(), []string{"a", "b", "c"})
	// HEAD is on the same commit as main, so it is no other source.
	released := run("REMOVAL_LIMIT=100%")
	is.Equal(released.held(), []string{})
	is.Equal(released.at("a").Status, "deleting")
	is.Equal(run().held(), []string{})
	is.True(first != bad)
}

func TestOnceHoldsAndReleasesLikeAService(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "stacks.json")
	repo, host, _, s := refreshed(t, fourStacks(), "SNAPSHOT_FILE="+file)
	s.applied("a", "b", "c", "d")
	s.finish()
	repo.push(gone("a", "b", "c", "d"))
	once := func(limit string) snapshot {
		t.Helper()
		ended := run(t, []string{"-once"}, "GIT_URL="+host.url(), "SNAPSHOT_FILE="+file, "REMOVAL_LIMIT="+limit)
		is.Equal(ended.code, 0)
		return decode[snapshot](t, reply{body: ended.stdout})
	}
	is.Equal(once("99%").held(), []string{"a", "b", "c", "d"})
	is.Equal(once("0%").held(), []string{"a", "b", "c", "d"})
	is.Equal(once("100%").held(), []string{})
}

// A repository that was really replaced: what it lacks waits for a person, once, and everything after that is as usual.
func TestWhatAnotherSourceLacksGoesWithOneRelease(t *testing.T) {
	for _, way := range []string{"by the API", "by a start"} {
		t.Run(way, func(t *testing.T) {
			is := is.New(t)
			file := filepath.Join(t.TempDir(), "stacks.json")
			_, _, _, s := refreshed(t, fourStacks(), "SNAPSHOT_FILE="+file)
			s.applied("a", "b", "c", "d")
			s.finish()
			other, first := with(t, files{"c/docker-compose.yml": "# 1", "d/docker-compose.yml": "# 1", "e/docker-compose.yml": "# 1"})
			settings := []string{"GIT_URL=" + other.bare, "SNAPSHOT_FILE=" + file}
			// Not even this limit releases what the start itself finds.
			s = start(t, append(settings, "REMOVAL_LIMIT=100%")...)
			s.logged("refresh completed")
			is.Equal(s.snapshot().held(), []string{"a", "b"})
			is.True(strings.Contains(s.stack("a").Held, "(GIT_URL has changed)"))
			awaitFile(t, file, func(seen snapshot) bool { return len(seen.held()) == 2 })
			if way == "by a start" {
				s.finish()
				s = start(t, append(settings, "REMOVAL_LIMIT=100%")...)
				s.logged("held removals are released, because REMOVAL_LIMIT is 100%", "released=2")
			} else {
				is.Equal(s.do("POST", "/api/v1/removals", fmt.Sprintf(`{"revision":%q}`, first)).status, http.StatusOK)
			}
			for _, path := range []string{"a", "b"} {
				is.Equal(s.do("DELETE", "/api/v1/stacks/"+path, "").status, http.StatusOK)
			}
			other.push(gone("c")) // one stack leaves the new source, as any may
			s.refresh()
			is.Equal(s.snapshot().held(), []string{})
			is.Equal(s.stack("c").Status, "deleting")
		})
	}
}

// Credentials are rotated in GIT_URL, and the source is the same.
func TestOtherCredentialsAreNoOtherSource(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "stacks.json")
	repo, host, _, s := refreshed(t, fourStacks(), "SNAPSHOT_FILE="+file)
	s.applied("a", "b", "c", "d")
	s.finish()
	repo.push(gone("a"))
	address := strings.Replace(host.url(), "://", "://robot:t0ken@", 1)
	again := start(t, "GIT_URL="+address, "SNAPSHOT_FILE="+file)
	again.logged("refresh completed")
	is.Equal(again.snapshot().held(), []string{})
	is.Equal(again.stack("a").Status, "deleting")
}

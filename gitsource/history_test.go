package gitsource

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
	"pgregory.net/rapid"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// anyPath draws paths of a few names, so that different commits use the same paths.
func anyPath() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		depth := rapid.IntRange(0, 3).Draw(t, "depth")
		parts := []string{}
		for range depth {
			names := []string{"a", "a-b", "b", "deploy", "docker-compose.yml"}
			parts = append(parts, rapid.SampledFrom(names).Draw(t, "directory"))
		}
		names := []string{"docker-compose.yml", "docker-compose.yml", "docker-compose.yaml", "base.yml", "x"}
		return strings.Join(append(parts, rapid.SampledFrom(names).Draw(t, "name")), "/")
	})
}

func anyContent() *rapid.Generator[githost.Entry] {
	return rapid.Custom(func(t *rapid.T) githost.Entry {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0, 1:
			up := strings.Repeat("../", rapid.IntRange(0, 3).Draw(t, "up"))
			return githost.Link(up + anyPath().Draw(t, "target"))
		case 2:
			targets := []string{
				".", "..", "a", "../a/", "/etc/passwd", "../../../..", "docker-compose.yml", "x", "b/../x", "./base.yml",
			}
			return githost.Link(rapid.SampledFrom(targets).Draw(t, "target"))
		case 3:
			return githost.Submodule()
		case 4:
			return githost.Executable(rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "data"))
		case 5:
			// This is larger than the blobs that come with a change.
			return githost.File(strings.Repeat(rapid.SampledFrom([]string{"big", "BIG"}).Draw(t, "data"), 30_000))
		}
		return githost.File(fmt.Sprint("services: {}\n", rapid.IntRange(0, 20).Draw(t, "data")))
	})
}

// put sets a path, and removes the files and directories that stand in its way.
func put(l githost.Layout, name string, c githost.Entry) {
	for other := range l {
		if strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") {
			delete(l, other)
		}
	}
	l[name] = c
}

// changed makes another layout from a layout: it sets, removes and moves files, and moves or copies whole directories.
func changed(t *rapid.T, from githost.Layout) githost.Layout {
	next := maps.Clone(from)
	for range rapid.IntRange(1, 3).Draw(t, "changes") {
		paths := slices.Sorted(maps.Keys(next))
		switch kind := rapid.IntRange(0, 7).Draw(t, "change"); {
		case kind <= 3 || len(paths) == 0:
			put(next, anyPath().Draw(t, "path"), anyContent().Draw(t, "content"))
		case kind == 4:
			delete(next, rapid.SampledFrom(paths).Draw(t, "removed"))
		case kind == 5:
			moved := rapid.SampledFrom(paths).Draw(t, "moved")
			c := next[moved]
			delete(next, moved)
			put(next, anyPath().Draw(t, "to"), c)
		default:
			source, _, _ := strings.Cut(rapid.SampledFrom(paths).Draw(t, "copied"), "/")
			to := rapid.SampledFrom([]string{"a", "b", "deploy", "deploy/c"}).Draw(t, "to")
			for _, path := range paths {
				if below, found := strings.CutPrefix(path, source+"/"); found && !strings.HasPrefix(to, source) {
					put(next, to+"/"+below, next[path])
					if kind == 6 {
						delete(next, path)
					}
				}
			}
		}
	}
	return next
}

// anyHistory draws a history of changes, merges, reverts and unrelated commits.
func anyHistory() *rapid.Generator[githost.History] {
	return rapid.Custom(func(t *rapid.T) githost.History {
		h := githost.History{{Layout: githost.Layout{"README.md": githost.File("x"), "deploy/docker-compose.yml": githost.File("first")}}}
		for range rapid.IntRange(2, 9).Draw(t, "commits") {
			parent := rapid.IntRange(0, len(h)-1).Draw(t, "parent")
			c := githost.Commit{Parents: []int{parent}}
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0: // revert to any earlier state
				c.Layout = h[rapid.IntRange(0, len(h)-1).Draw(t, "state")].Layout
			case 1: // merge
				other := rapid.IntRange(0, len(h)-1).Draw(t, "other")
				if other != parent {
					c.Parents = append(c.Parents, other)
				}
				c.Layout = changed(t, h[parent].Layout)
				for path, entry := range h[other].Layout {
					put(c.Layout, path, entry)
				}
			case 2: // unrelated history
				c = githost.Commit{Layout: changed(t, h[parent].Layout)}
			default:
				c.Layout = changed(t, h[parent].Layout)
			}
			put(c.Layout, "deploy/kept", githost.File("so that there is a deploy directory"))
			h = append(h, c)
		}
		return h
	})
}

// checkRapid checks the property that many times, if no flag says how many times.
func checkRapid(t *testing.T, times int, property func(*rapid.T)) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if before := checks.Value.String(); before == checks.DefValue {
		if err := flag.Set("rapid.checks", fmt.Sprint(times)); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = flag.Set("rapid.checks", before) }()
	}
	rapid.Check(t, property)
}

// followHistory moves the branch to commits in any order. It compares each state that is fetched with what the git
// program says, and with a state that was read without a memory.
func followHistory(t *rapid.T, repository *githost.Bare, url string) {
	dir := rapid.SampledFrom([]string{".", "deploy"}).Draw(t, "deploy directory")
	source := newTestSource(t, url, deployDir(dir))
	cold := newTestSource(t, repository.Dir, deployDir(dir))
	var state actors.DesiredState
	for range rapid.IntRange(3, 6).Draw(t, "pushes") {
		tip := rapid.SampledFrom(repository.Commits).Draw(t, "tip")
		repository.MoveMain(t, tip)
		if rapid.Bool().Draw(t, "forgets") {
			state = forgetPast(state)
		}
		next, err := source.Fetch(t.Context(), state)
		if err != nil {
			t.Fatalf("Fetch %s after %s: %v", tip, state.Revision, err)
		}
		state = next
		if state.Revision != tip {
			t.Fatalf("revision is %s, want %s", state.Revision, tip)
		}
		want := expected(t, repository.Dir, tip, dir, source.rules.ComposeFiles)
		if got := forOracle(state); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("state of %s:\n got %v\nwant %v", tip, got, want)
		}
		anew, err := cold.Fetch(t.Context(), actors.DesiredState{})
		if err != nil || fmt.Sprint(forOracle(anew)) != fmt.Sprint(want) {
			t.Fatalf("state of %s, read anew: %v\n got %v\nwant %v", tip, err, forOracle(anew), want)
		}
	}
}

func TestAnyHistoryReadInPlaceComesToWhatGitSays(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		root, number := t.TempDir(), 0
		checkRapid(t, 40, func(t *rapid.T) {
			number++
			repository := githost.ImportOf(t, format, filepath.Join(root, fmt.Sprint(number)), anyHistory().Draw(t, "history"))
			followHistory(t, repository, repository.Dir)
		})
	})
}

// kindOfHost is a way to reach a Git host, and what such a host can do.
type kindOfHost struct {
	claim string
	// serve returns the URL of the directory above the repository.
	serve func(*testing.T, *githost.Repository) string
	// plain hosts neither leave out blobs nor serve single objects.
	plain bool
}

func kindsOfHost() []kindOfHost {
	overHTTP := func(options githost.HTTPOptions) func(*testing.T, *githost.Repository) string {
		return func(t *testing.T, r *githost.Repository) string { return githost.ServeHTTP(t, r, options).URL + "/" }
	}
	daemon := func(v0 bool) func(*testing.T, *githost.Repository) string {
		return func(t *testing.T, r *githost.Repository) string {
			return strings.TrimSuffix(githost.ServeGit(t, r, v0), "stacks")
		}
	}
	return []kindOfHost{
		{"HTTP, version 2", overHTTP(githost.HTTPOptions{}), false},
		{"HTTP, version 2, without filters", overHTTP(githost.HTTPOptions{}), true},
		{"HTTP, version 0", overHTTP(githost.HTTPOptions{V0: true}), false},
		{"HTTP, version 0, without filters", overHTTP(githost.HTTPOptions{V0: true}), true},
		{"git daemon, version 2", daemon(false), false},
		{"git daemon, version 0, without filters", daemon(true), true},
	}
}

// hold makes a repository with a history, which such a host serves.
func (k kindOfHost) hold(t githost.Fatal, format object.Format, dir string, h githost.History) *githost.Bare {
	repository := githost.ImportOf(t, format, dir, h)
	if k.plain {
		repository.WithoutFilter(t)
	}
	return repository
}

func TestAnyHistoryOfAHostComesToWhatGitSays(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		served := githost.New(t)
		for _, kind := range kindsOfHost() {
			t.Run(kind.claim, func(t *testing.T) {
				base, number := kind.serve(t, served), 0
				checkRapid(t, 6, func(t *rapid.T) {
					number++
					name := strings.ReplaceAll(fmt.Sprint(kind.claim, number), " ", "")
					dir := filepath.Join(filepath.Dir(served.Dir), name)
					followHistory(t, kind.hold(t, format, dir, anyHistory().Draw(t, "history")), base+name)
				})
			})
		}
	})
}

// Git sends a file at the root before the directories. If that file has the bytes of a symbolic link, the blob is sent
// before the tree that names it as a link.
func TestALinkThatWasSentAsAFileIsReadFromAnyHost(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		linked := githost.Layout{"README": githost.File("target"), "a/docker-compose.yml": githost.Link("target"), "a/target": githost.File("services: {}")}
		for _, kind := range kindsOfHost() {
			t.Run(kind.claim, func(t *testing.T) {
				is := is.New(t)
				served := githost.At(t, filepath.Join(t.TempDir(), "stacks"))
				repository := kind.hold(t, format, served.Dir, githost.History{{Layout: linked.With(githost.Layout{"README": {}})}, {Layout: linked}})
				source := newTestSource(t, kind.serve(t, served)+"stacks")
				var state actors.DesiredState
				for _, tip := range []int{1, 0, 1} {
					var err error
					repository.MoveMain(t, repository.Commits[tip])
					state, err = source.Fetch(t.Context(), state)
					is.NoErr(err)
					is.Equal(bare(state.Stacks), []actors.DesiredStack{yml("a", "services: {}")})
					state = forgetPast(state)
				}
			})
		}
	})
}

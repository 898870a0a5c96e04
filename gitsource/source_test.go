package gitsource

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

// hostedRepository is a bare repository that a host serves over HTTP.
type hostedRepository struct {
	*bareRepository
	host *httpHost
	url  string
}

func hostHistory(t *testing.T, options httpOptions, h history) hostedRepository {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stacks")
	r := hostedRepository{bareRepository: importHistory(t, dir, h)}
	r.host = serveHTTP(t, &testRepository{t: t, dir: dir}, options)
	r.url = r.host.url()
	return r
}

// configure sets a variable of the repository's configuration.
func (r *bareRepository) configure(t fatal, name, value string) {
	runGit(t, r.dir, nil, "config", name, value)
}

// withoutFilter makes the host one that neither leaves out blobs nor serves single objects.
func (r *bareRepository) withoutFilter(t fatal) {
	r.configure(t, "uploadpack.allowFilter", "false")
	r.configure(t, "uploadpack.allowAnySHA1InWant", "false")
}

// posts counts the requests that came since the last call, greetings left out.
func (r hostedRepository) posts() int {
	count := 0
	for _, request := range r.host.saw() {
		if request.method == "POST" {
			count++
		}
	}
	return count
}

func someStacks(count int) layout {
	l := layout{"base.yml": file("base\n")}
	for i := range count {
		l[fmt.Sprintf("hosts/h%d/s%d/docker-compose.yml", i/10, i)] = file(fmt.Sprintf("services: {s%d: {}}\n", i))
		l[fmt.Sprintf("hosts/h%d/s%d/config/app.conf", i/10, i)] = file(fmt.Sprintf("s%d\n", i))
	}
	return l
}

// chain makes a history of layouts, each a commit on the one before.
func chain(layouts ...layout) history {
	h := history{{layout: layouts[0]}}
	for i, l := range layouts[1:] {
		h = append(h, commit{layout: l, parents: []int{i}})
	}
	return h
}

// fetchOK moves the branch to a commit, fetches, and holds the state to what Git says.
func (r hostedRepository) fetchOK(
	t *testing.T, source *Source, number int, previous actors.DesiredState,
) actors.DesiredState {
	t.Helper()
	r.moveMain(t, r.commits[number])
	state, err := source.Fetch(t.Context(), previous)
	is := is.New(t)
	is.NoErr(err)
	is.Equal(state.Revision, r.commits[number])
	is.Equal(forOracle(state), expected(t, r.dir, state.Revision, source.rules.DeployDir, source.rules.ComposeFiles))
	return state
}

func TestEachKindOfRefreshTakesAsFewRequestsAsItCan(t *testing.T) {
	first := someStacks(40)
	second := first.with(layout{"hosts/h1/s10/docker-compose.yml": file("changed\n")})
	third := second.with(layout{"hosts/h1/s11/docker-compose.yml": file(strings.Repeat("large ", 20_000))})
	fourth := third.with(layout{"README.md": file("beside the stacks\n")})
	linked := fourth.with(layout{"hosts/h0/linked/docker-compose.yml": link("../../h2/s20/docker-compose.yml")})
	target := linked.with(layout{"hosts/h2/s20/docker-compose.yml": file(strings.Repeat("larger ", 20_000))})
	r := hostHistory(t, httpOptions{}, chain(first, second, third, fourth, linked, target))
	is := is.New(t)
	source := newTestSource(t, r.url)

	cold := r.fetchOK(t, source, 0, actors.DesiredState{})
	is.Equal(r.posts(), 3) // where the ref is, the trees, the compose files
	same := r.fetchOK(t, source, 0, cold)
	is.Equal(r.posts(), 1)
	is.Equal(&same.Stacks[0], &cold.Stacks[0]) // the same state, not a copy
	is.True(same.Index == cold.Index)
	change := r.fetchOK(t, source, 1, same)
	is.Equal(r.posts(), 2) // trees and compose files come together
	large := r.fetchOK(t, source, 2, change)
	is.Equal(r.posts(), 3) // a large compose file is asked for by itself
	beside := r.fetchOK(t, source, 3, large)
	is.Equal(r.posts(), 2)
	is.Equal(&beside.Stacks[0], &large.Stacks[0]) // nothing under the deploy directory moved
	followed := r.fetchOK(t, source, 4, beside)
	r.posts()
	r.fetchOK(t, source, 5, followed)
	is.Equal(r.posts(), 3) // the large target of a known link as well
}

func TestWhatAChangeDoesNotBringIsAskedForAnew(t *testing.T) {
	first := someStacks(30)
	link := first.with(layout{"hosts/h0/linked/docker-compose.yml": link("../../h2/s20/docker-compose.yml")})
	moved := link.with(layout{"hosts/h2/s20/docker-compose.yml": file("moved\n"), "hosts/h0/s1/docker-compose.yml": {}})
	for _, options := range []httpOptions{{}, {v0: true}} {
		for _, filter := range []bool{true, false} {
			t.Run(fmt.Sprintf("v0 %v, filter %v", options.v0, filter), func(t *testing.T) {
				h := chain(first, link, moved, first, link)
				h = append(h, commit{layout: moved}) // unrelated
				r := hostHistory(t, options, h)
				if !filter {
					r.withoutFilter(t)
				}
				// With bitmaps a host leaves out what the history of a known commit has.
				r.configure(t, "repack.writeBitmaps", "true")
				runGit(t, r.dir, nil, "repack", "-adbq")
				source := newTestSource(t, r.url)
				var state actors.DesiredState
				for _, number := range []int{0, 1, 2, 1, 0, 3, 2, 4, 5, 0, 5, 1} {
					state = r.fetchOK(t, source, number, state)
				}
			})
		}
	}
}

func TestAPushBackAndForthTwentyTimesIsServedEachTime(t *testing.T) {
	first := someStacks(40)
	r := hostHistory(t, httpOptions{}, chain(first, first.with(layout{"hosts/h0/s1/docker-compose.yml": file("2\n")})))
	source := newTestSource(t, r.url)
	var state actors.DesiredState
	for i := range 20 {
		state = r.fetchOK(t, source, i%2, state)
		requests := r.host.saw()
		if last := requests[len(requests)-1]; i > 0 && last.length > 500 {
			t.Fatalf("the last request of push %d has %d bytes: known compose files were asked for again", i, last.length)
		}
	}
}

func TestAKnownCommitThatTheHostHasLostIsReadAnew(t *testing.T) {
	is := is.New(t)
	r := hostHistory(t, httpOptions{}, history{{layout: someStacks(12)}, {layout: someStacks(13)}})
	source := newTestSource(t, r.url)
	state := r.fetchOK(t, source, 0, actors.DesiredState{})
	r.moveMain(t, r.commits[1])
	runGit(t, r.dir, nil, "update-ref", "-d", "refs/imported/0")
	runGit(t, r.dir, nil, "reflog", "expire", "--expire=now", "--all")
	runGit(t, r.dir, nil, "gc", "--prune=now", "--quiet")
	state = r.fetchOK(t, source, 1, state)
	is.Equal(len(state.Stacks), 13)
}

func TestAHostThatRefusesSingleObjectsIsAskedForAll(t *testing.T) {
	is := is.New(t)
	r := hostHistory(t, httpOptions{v0: true}, history{{layout: someStacks(12)}})
	r.configure(t, "uploadpack.allowAnySHA1InWant", "false") // but allowFilter says that blobs can be left out
	state := r.fetchOK(t, newTestSource(t, r.url), 0, actors.DesiredState{})
	is.Equal(len(state.Stacks), 12)
}

func TestLargeComposeFilesAreSkippedWhateverTheHostSends(t *testing.T) {
	const largest = 512 << 10
	large := strings.Repeat("large: file of stack\n", largest/20)
	l := layout{
		"a/docker-compose.yml": file(large), "b/docker-compose.yml": file(large + "b: like a\n"),
		"c/docker-compose.yml": file(large + "c\n"), "c/docker-compose.yaml": file("c\n"),
		"d/docker-compose.yml": file("d\n"),
	}
	for _, filter := range []bool{true, false} {
		t.Run(fmt.Sprintf("filter %v", filter), func(t *testing.T) {
			is := is.New(t)
			r := hostHistory(t, httpOptions{}, chain(layout{"d/docker-compose.yml": file("d\n")}, l))
			if !filter {
				r.configure(t, "uploadpack.allowFilter", "false")
			}
			source := newTestSource(t, r.url)
			source.largest = largest
			for _, previous := range []actors.DesiredState{{}, r.fetchOK(t, source, 0, actors.DesiredState{})} {
				r.moveMain(t, r.commits[1])
				state, err := source.Fetch(t.Context(), previous)
				is.NoErr(err)
				is.Equal(state.Stacks, []actors.DesiredStack{yaml("c", "c\n"), yml("d", "d\n")})
				is.Equal(len(state.Skipped), 3)
				for _, skipped := range state.Skipped {
					is.Equal(skipped.Reason, "larger than 16 MiB")
				}
			}
		})
	}
}

func TestAStateOfAnotherSourceIsReadAnew(t *testing.T) {
	is := is.New(t)
	r := hostHistory(t, httpOptions{}, history{{layout: someStacks(12)}})
	all := r.fetchOK(t, newTestSource(t, r.url), 0, actors.DesiredState{})
	some := r.fetchOK(t, newTestSource(t, r.url, deployDir("hosts/h1")), 0, all)
	is.Equal(len(some.Stacks), 2)
	restored := r.fetchOK(t, newTestSource(t, r.url), 0, actors.DesiredState{Revision: r.commits[0], Index: "anything"})
	is.Equal(len(restored.Stacks), 12)
}

func TestATreeThatNamesAMissingObjectIsAFailureAndKeepsNothing(t *testing.T) {
	is := is.New(t)
	r := newTestRepository(t)
	r.commit("a/docker-compose.yml", "1", "b/docker-compose.yml", "2")
	tree := r.git("rev-parse", "HEAD:a")
	source := newTestSource(t, r.dir)
	state, err := source.Fetch(t.Context(), actors.DesiredState{})
	is.NoErr(err)
	r.commit("a/docker-compose.yml", "changed")
	broken := r.git("rev-parse", "HEAD:a")
	is.True(tree != broken)
	r.git("update-ref", "refs/heads/main", "HEAD")
	removeLoose(t, r, broken)
	_, err = source.Fetch(t.Context(), state)
	is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
	is.Equal(state.Stacks, []actors.DesiredStack{yml("a", "1"), yml("b", "2")})
}

func TestARefreshWithoutAChangeCostsNoMoreForManyStacks(t *testing.T) {
	is := is.New(t)
	allocated := func(count int) uint64 {
		r := importHistory(t, filepath.Join(t.TempDir(), "r.git"), history{{layout: someStacks(count)}})
		source := newTestSource(t, r.dir)
		state, err := source.Fetch(t.Context(), actors.DesiredState{})
		is.NoErr(err)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			state, err = source.Fetch(t.Context(), state)
			is.NoErr(err)
		}
		runtime.ReadMemStats(&after)
		is.Equal(len(state.Stacks), count)
		return after.TotalAlloc - before.TotalAlloc
	}
	is.True(allocated(2000) < 2*allocated(10))
}

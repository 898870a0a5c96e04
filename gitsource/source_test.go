package gitsource

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// fetchOK moves the branch to a commit, fetches, and compares the state with what the git program says.
func fetchOK(
	t *testing.T, r githost.Hosted, source *Source, number int, previous actors.DesiredState,
) actors.DesiredState {
	t.Helper()
	r.MoveMain(t, r.Commits[number])
	state, err := source.Fetch(t.Context(), previous)
	is := is.New(t)
	is.NoErr(err)
	is.Equal(state.Revision, r.Commits[number])
	is.Equal(forOracle(state), expected(t, r.Dir, state.Revision, source.rules.DeployDir, source.rules.ComposeFiles))
	return state
}

func TestEachKindOfRefreshTakesAsFewRequestsAsItCan(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		first := githost.SomeStacks(40)
		second := first.With(githost.Layout{"hosts/h1/s10/docker-compose.yml": githost.File("changed\n")})
		third := second.With(githost.Layout{"hosts/h1/s11/docker-compose.yml": githost.File(strings.Repeat("large ", 20_000))})
		fourth := third.With(githost.Layout{"README.md": githost.File("beside the stacks\n")})
		linked := fourth.With(githost.Layout{"hosts/h0/linked/docker-compose.yml": githost.Link("../../h2/s20/docker-compose.yml")})
		target := linked.With(githost.Layout{"hosts/h2/s20/docker-compose.yml": githost.File(strings.Repeat("larger ", 20_000))})
		r := githost.HostOf(t, format, githost.HTTPOptions{}, githost.Chain(first, second, third, fourth, linked, target))
		is := is.New(t)
		source := newTestSource(t, r.URL)

		cold := fetchOK(t, r, source, 0, actors.DesiredState{})
		guessed := 0
		if format == object.SHA256 {
			guessed = 1 // a request in SHA-1, before the host is known
		}
		is.Equal(r.Posts(), guessed+3) // the ref, the trees, the compose files
		same := fetchOK(t, r, source, 0, cold)
		is.Equal(r.Posts(), 1)
		is.Equal(&same.Stacks[0], &cold.Stacks[0]) // the same state, not a copy
		is.True(same.Index == cold.Index)
		change := fetchOK(t, r, source, 1, same)
		is.Equal(r.Posts(), 2) // trees and compose files come together
		large := fetchOK(t, r, source, 2, change)
		is.Equal(r.Posts(), 3) // a large compose file is asked for by itself
		beside := fetchOK(t, r, source, 3, large)
		is.Equal(r.Posts(), 2)
		is.Equal(&beside.Stacks[0], &large.Stacks[0]) // nothing under the deploy directory moved
		followed := fetchOK(t, r, source, 4, beside)
		r.Posts()
		fetchOK(t, r, source, 5, followed)
		is.Equal(r.Posts(), 3) // the large target of a known link as well
	})
}

func TestWhatAChangeDoesNotBringIsAskedForAnew(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		first := githost.SomeStacks(30)
		link := first.With(githost.Layout{"hosts/h0/linked/docker-compose.yml": githost.Link("../../h2/s20/docker-compose.yml")})
		moved := link.With(githost.Layout{"hosts/h2/s20/docker-compose.yml": githost.File("moved\n"), "hosts/h0/s1/docker-compose.yml": {}})
		for _, options := range []githost.HTTPOptions{{}, {V0: true}} {
			for _, filter := range []bool{true, false} {
				t.Run(fmt.Sprintf("v0 %v, filter %v", options.V0, filter), func(t *testing.T) {
					h := githost.Chain(first, link, moved, first, link)
					h = append(h, githost.Commit{Layout: moved}) // unrelated
					r := githost.HostOf(t, format, options, h)
					if !filter {
						r.WithoutFilter(t)
					}
					// A host with bitmaps leaves out all objects in the history of the commit that the client has.
					r.Configure(t, "repack.writeBitmaps", "true")
					githost.Git(t, r.Dir, nil, "repack", "-adbq")
					source := newTestSource(t, r.URL)
					var state actors.DesiredState
					for _, number := range []int{0, 1, 2, 1, 0, 3, 2, 4, 5, 0, 5, 1} {
						state = forgetPast(fetchOK(t, r, source, number, state))
					}
				})
			}
		}
	})
}

func TestAPushBackAndForthTwentyTimesIsServedEachTime(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		first := githost.SomeStacks(40)
		r := githost.HostOf(t, format, githost.HTTPOptions{}, githost.Chain(first, first.With(githost.Layout{"hosts/h0/s1/docker-compose.yml": githost.File("2\n")})))
		source := newTestSource(t, r.URL)
		var state actors.DesiredState
		for i := range 20 {
			state = fetchOK(t, r, source, i%2, state)
			requests := r.HTTP.Saw()
			if last := requests[len(requests)-1]; i > 0 && last.Length > 500 {
				t.Fatalf("the last request of push %d has %d bytes: known compose files were asked for again", i, last.Length)
			}
		}
	})
}

func TestAKnownCommitThatTheHostHasLostIsReadAnew(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		r := githost.HostOf(t, format, githost.HTTPOptions{}, githost.History{{Layout: githost.SomeStacks(12)}, {Layout: githost.SomeStacks(13)}})
		source := newTestSource(t, r.URL)
		state := fetchOK(t, r, source, 0, actors.DesiredState{})
		r.MoveMain(t, r.Commits[1])
		githost.Git(t, r.Dir, nil, "update-ref", "-d", "refs/imported/0")
		githost.Git(t, r.Dir, nil, "reflog", "expire", "--expire=now", "--all")
		githost.Git(t, r.Dir, nil, "gc", "--prune=now", "--quiet")
		state = fetchOK(t, r, source, 1, state)
		is.Equal(len(state.Stacks), 13)
	})
}

func TestAHostThatRefusesSingleObjectsIsAskedForAll(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		r := githost.HostOf(t, format, githost.HTTPOptions{V0: true}, githost.History{{Layout: githost.SomeStacks(12)}})
		r.Configure(t, "uploadpack.allowAnySHA1InWant", "false") // but allowFilter says that blobs can be left out
		state := fetchOK(t, r, newTestSource(t, r.URL), 0, actors.DesiredState{})
		is.Equal(len(state.Stacks), 12)
	})
}

func TestLargeComposeFilesAreSkippedWhateverTheHostSends(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		const largest = 512 << 10
		large := strings.Repeat("large: file of stack\n", largest/20)
		l := githost.Layout{
			"a/docker-compose.yml": githost.File(large), "b/docker-compose.yml": githost.File(large + "b: like a\n"),
			"c/docker-compose.yml": githost.File(large + "c\n"), "c/docker-compose.yaml": githost.File("c\n"),
			"d/docker-compose.yml": githost.File("d\n"),
		}
		for _, filter := range []bool{true, false} {
			t.Run(fmt.Sprintf("filter %v", filter), func(t *testing.T) {
				is := is.New(t)
				r := githost.HostOf(t, format, githost.HTTPOptions{}, githost.Chain(githost.Layout{"d/docker-compose.yml": githost.File("d\n")}, l))
				if !filter {
					r.Configure(t, "uploadpack.allowFilter", "false")
				}
				source := newTestSource(t, r.URL)
				source.largest = largest
				for _, previous := range []actors.DesiredState{{}, fetchOK(t, r, source, 0, actors.DesiredState{})} {
					r.MoveMain(t, r.Commits[1])
					state, err := source.Fetch(t.Context(), previous)
					is.NoErr(err)
					is.Equal(bare(state.Stacks), []actors.DesiredStack{yaml("c", "c\n"), yml("d", "d\n")})
					is.Equal(len(state.Skipped), 3)
					for _, skipped := range state.Skipped {
						is.Equal(skipped.Reason, "larger than 16 MiB")
					}
				}
			})
		}
	})
}

func TestAStateOfAnotherSourceIsReadAnew(t *testing.T) {
	is := is.New(t)
	r := githost.Host(t, githost.HTTPOptions{}, githost.History{{Layout: githost.SomeStacks(12)}})
	all := fetchOK(t, r, newTestSource(t, r.URL), 0, actors.DesiredState{})
	some := fetchOK(t, r, newTestSource(t, r.URL, deployDir("hosts/h1")), 0, all)
	is.Equal(len(some.Stacks), 2)
	restored := fetchOK(t, r, newTestSource(t, r.URL), 0, actors.DesiredState{Revision: r.Commits[0], Index: "anything"})
	is.Equal(len(restored.Stacks), 12)
}

func TestATreeThatNamesAMissingObjectIsAFailureAndKeepsNothing(t *testing.T) {
	is := is.New(t)
	r := githost.New(t)
	r.Commit("a/docker-compose.yml", "1", "b/docker-compose.yml", "2")
	tree := r.Git("rev-parse", "HEAD:a")
	source := newTestSource(t, r.Dir)
	state, err := source.Fetch(t.Context(), actors.DesiredState{})
	is.NoErr(err)
	r.Commit("a/docker-compose.yml", "changed")
	broken := r.Git("rev-parse", "HEAD:a")
	is.True(tree != broken)
	r.Git("update-ref", "refs/heads/main", "HEAD")
	githost.RemoveLoose(t, r, broken)
	_, err = source.Fetch(t.Context(), state)
	is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
	is.Equal(bare(state.Stacks), []actors.DesiredStack{yml("a", "1"), yml("b", "2")})
}

func TestARefreshWithoutAChangeCostsNoMoreForManyStacks(t *testing.T) {
	is := is.New(t)
	allocated := func(count int) uint64 {
		r := githost.Import(t, filepath.Join(t.TempDir(), "r.git"), githost.History{{Layout: githost.SomeStacks(count)}})
		source := newTestSource(t, r.Dir)
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

package gitsource

import (
	"fmt"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// forgetPast returns the state without what it remembers of the states before it.
func forgetPast(state actors.DesiredState) actors.DesiredState {
	if m, ok := state.Index.(*memory); ok {
		next := *m
		next.past = nil
		state.Index = &next
	}
	return state
}

// A host without filters would send everything. It sends an empty pack first: the later commit has all that it has.
func TestAPushBackToARecentStateAsksForNothingMore(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		first := githost.SomeStacks(12)
		second := first.With(githost.Layout{"hosts/h0/s1/docker-compose.yml": githost.File("2\n"), "hosts/h1/s10/docker-compose.yml": {}})
		third := second.With(githost.Layout{"hosts/h0/linked/docker-compose.yml": githost.Link("../../h2/s20/docker-compose.yml")})
		for _, options := range []githost.HTTPOptions{{}, {V0: true}} {
			for _, filter := range []bool{false, true} {
				t.Run(fmt.Sprintf("v0 %v, filter %v", options.V0, filter), func(t *testing.T) {
					is := is.New(t)
					r := githost.HostOf(t, format, options, githost.Chain(first, second, third))
					if !filter {
						r.WithoutFilter(t)
					}
					source := newTestSource(t, r.URL)
					var state actors.DesiredState
					for _, number := range []int{0, 1, 2} {
						state = fetchOK(t, r, source, number, state)
					}
					want := 2 // the ref, and what changed
					if options.V0 {
						want = 1 // the greeting has the ref
					}
					for _, number := range []int{1, 0, 1, 0} {
						r.Posts()
						state = fetchOK(t, r, source, number, state)
						is.Equal(state.Named, r.Commits[number])
						is.Equal(r.Posts(), want)
					}
					for _, number := range []int{2, 0, 0} { // what follows is read from the right state
						state = fetchOK(t, r, source, number, state)
					}
				})
			}
		}
	})
}

// A host with bitmaps does not send the trees of an older commit. A commit that takes back the last one has such a tree.
func TestARevertAsksForNothingMore(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		first := githost.SomeStacks(12)
		second := first.With(githost.Layout{"hosts/h0/s1/docker-compose.yml": githost.File("2\n")})
		r := githost.HostOf(t, format, githost.HTTPOptions{}, githost.Chain(first, second, first))
		r.Configure(t, "repack.writeBitmaps", "true")
		githost.Git(t, r.Dir, nil, "repack", "-adbq")
		source := newTestSource(t, r.URL)
		var state actors.DesiredState
		for _, number := range []int{0, 1} {
			state = fetchOK(t, r, source, number, state)
		}
		r.Posts()
		fetchOK(t, r, source, 2, state)
		is.Equal(r.Posts(), 2) // the ref, and the commit
	})
}

func TestFewPastStatesAreRemembered(t *testing.T) {
	is := is.New(t)
	layouts := make([]githost.Layout, 3*maxPast)
	for i := range layouts {
		layouts[i] = githost.Layout{"docker-compose.yml": githost.File(fmt.Sprint(i))}
	}
	r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(layouts...))
	source := newTestSource(t, r.URL)
	var state actors.DesiredState
	for number := range layouts {
		state = fetchOK(t, r, source, number, state)
		is.True(len(state.Index.(*memory).past) <= maxPast)
	}
	state = fetchOK(t, r, source, 0, state) // forgotten, so read anew
	large := earlier{actors.DesiredState{Stacks: make([]actors.DesiredStack, maxPastStacks+1)}, *state.Index.(*memory)}
	is.Equal(len(large.past()), 0)
}

package gitsource

import (
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// waysToRead are the ways to a repository: in place, and over hosts of both versions.
func waysToRead() map[string]func(*testing.T, *githost.Repository) string {
	return map[string]func(*testing.T, *githost.Repository) string{
		"in place": func(_ *testing.T, r *githost.Repository) string { return r.Dir },
		"HTTP, version 2": func(t *testing.T, r *githost.Repository) string {
			return githost.ServeHTTP(t, r, githost.HTTPOptions{}).Repository()
		},
		"HTTP, version 0": func(t *testing.T, r *githost.Repository) string {
			return githost.ServeHTTP(t, r, githost.HTTPOptions{V0: true}).Repository()
		},
		"git daemon, version 2": func(t *testing.T, r *githost.Repository) string { return githost.ServeGit(t, r, false) },
		"git daemon, version 0": func(t *testing.T, r *githost.Repository) string { return githost.ServeGit(t, r, true) },
	}
}

// A push of an annotated tag announces the id of the tag, so the state says what the ref names before it is peeled.
func TestEveryWayTellsWhatTheRefNames(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, serve := range waysToRead() {
			t.Run(name, func(t *testing.T) {
				is := is.New(t)
				r := githost.NewOf(t, format)
				first := r.Commit("docker-compose.yml", "1").String()
				r.Git("tag", "--annotate", "--message=one", "v")
				tag := r.ID("refs/tags/v").String()
				url := serve(t, r)
				branch, err := newTestSource(t, url).Fetch(t.Context(), actors.DesiredState{})
				is.NoErr(err)
				is.Equal(branch.Named, first)

				source := newTestSource(t, url, trackedBy("v"))
				state, err := source.Fetch(t.Context(), actors.DesiredState{})
				is.NoErr(err)
				is.Equal([]string{state.Revision, state.Named}, []string{first, tag})
				same, err := source.Fetch(t.Context(), state)
				is.NoErr(err)
				is.True(same.Index == state.Index) // the same state

				r.Git("tag", "--annotate", "--force", "--message=again", "v") // the same commit
				again := r.ID("refs/tags/v").String()
				is.True(again != tag)
				moved, err := source.Fetch(t.Context(), same)
				is.NoErr(err)
				is.Equal([]string{moved.Revision, moved.Named}, []string{first, again})
				is.Equal(&moved.Stacks[0], &state.Stacks[0]) // nothing was read
				is.Equal(same.Named, tag)                    // a state does not change

				second := r.Commit("docker-compose.yml", "2").String()
				r.Git("tag", "--annotate", "--force", "--message=two", "v")
				last, err := source.Fetch(t.Context(), moved)
				is.NoErr(err)
				is.Equal([]string{last.Revision, last.Named}, []string{second, r.ID("refs/tags/v").String()})
				is.Equal(bare(last.Stacks), []actors.DesiredStack{yml(".", "2")})

				r.Git("tag", "--force", "v", "HEAD") // now without an object of its own
				light, err := source.Fetch(t.Context(), last)
				is.NoErr(err)
				is.Equal([]string{light.Revision, light.Named}, []string{second, second})

				pinned, err := newTestSource(t, url, trackedBy(second)).Fetch(t.Context(), actors.DesiredState{})
				is.NoErr(err)
				is.Equal([]string{pinned.Revision, pinned.Named}, []string{second, second})
			})
		}
	})
}

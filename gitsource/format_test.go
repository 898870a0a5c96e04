package gitsource

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// The repository is deleted and made anew in the other format, under the same URL, and the other way round.
func TestARepositoryOfAnotherFormatUnderTheSameURLIsReadAnew(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, serve := range waysToRead() {
			t.Run(name, func(t *testing.T) {
				is := is.New(t)
				r := githost.NewOf(t, format)
				url := serve(t, r)
				source := newTestSource(t, url)
				var state actors.DesiredState
				for _, format := range []object.Format{format, 1 - format, format} {
					is.NoErr(os.RemoveAll(filepath.Join(r.Dir, ".git")))
					r.Git("init", "--quiet", "--initial-branch=main", "--object-format="+format.String())
					for _, text := range []string{"1", format.String()} {
						tip := r.Commit("a/docker-compose.yml", text, "b/docker-compose.yml", "same").String()
						next, err := source.Fetch(t.Context(), state)
						is.NoErr(err)
						is.Equal(next.Revision, tip)
						is.Equal(len(next.Revision), format.Digits())
						is.Equal(bare(next.Stacks), []actors.DesiredStack{yml("a", text), yml("b", "same")})
						for _, p := range next.Index.(*memory).past {
							is.Equal(p.commit.Format(), format) // nothing of the other repository is kept
						}
						state = next
					}
				}
			})
		}
	})
}

func TestAPinnedCommitOfEitherFormatIsRead(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, serve := range waysToRead() {
			t.Run(name, func(t *testing.T) {
				is := is.New(t)
				r := githost.NewOf(t, format)
				pinned := r.Commit("docker-compose.yml", "1").String()
				r.Commit("docker-compose.yml", "2")
				url := serve(t, r)
				state, err := fetchOnce(t, url, trackedBy(pinned))
				is.NoErr(err)
				is.Equal(state.Revision, pinned)
				is.Equal(bare(state.Stacks), []actors.DesiredStack{yml(".", "1")})

				_, err = fetchOnce(t, url, trackedBy(githost.SomeIDOf(format)))
				is.Equal(failureOf(t, err).Code, actors.CodeRefNotFound)
				_, err = fetchOnce(t, url, trackedBy(githost.SomeIDOf(1-format)))
				is.Equal(failureOf(t, err).Code, actors.CodeRefNotFound)
				is.True(strings.Contains(failureOf(t, err).Message, "the repository's ids have"))
			})
		}
	})
}

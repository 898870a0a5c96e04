package gitsource

import (
	"fmt"
	"net/http"
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

// Some requests of a refresh are answered from one repository and the later ones from another, as when a host moves a
// repository to the other format. The refresh has the state of one of them or fails, and the next one is right.
func TestAFormatThatChangesWithinARefreshIsNoMixture(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for _, v0 := range []bool{false, true} {
			for _, filter := range []bool{false, true} {
				t.Run(fmt.Sprintf("v0 %v, filter %v", v0, filter), func(t *testing.T) {
					changesWithinARefresh(t, format, v0, filter)
				})
			}
		}
	})
}

func changesWithinARefresh(t *testing.T, format object.Format, v0, filter bool) {
	t.Helper()
	is := is.New(t)
	first := githost.SomeStacks(6)
	before := githost.HostOf(t, format, githost.HTTPOptions{V0: v0}, githost.Chain(first, first.With(githost.Layout{
		"hosts/h0/s1/docker-compose.yml": githost.File("2\n")})))
	after := githost.HostOf(t, 1-format, githost.HTTPOptions{V0: v0}, githost.Chain(first.With(githost.Layout{
		"after/docker-compose.yml": githost.File("after\n")})))
	if !filter {
		before.WithoutFilter(t)
		after.WithoutFilter(t)
	}
	answers := make(chan int, 1) // how many requests the first repository still answers; from the test and the host → the host
	answers <- 0
	let := func(count int) { <-answers; answers <- count }
	host := githost.ServeHTTP(t, githost.At(t, before.Dir), githost.HTTPOptions{Instead: func(w http.ResponseWriter, q *http.Request) bool {
		left := <-answers
		answers <- left - 1
		of := before.HTTP
		if left <= 0 {
			of = after.HTTP
		}
		answer := githost.Forward(of, q)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		return true
	}})
	source := newTestSource(t, host.Repository())
	fetch := func(state actors.DesiredState, from githost.Hosted, number int) actors.DesiredState {
		next, err := source.Fetch(t.Context(), state)
		is.NoErr(err)
		is.Equal(next.Revision, from.Commits[number])
		is.Equal(forOracle(next), expected(t, from.Dir, next.Revision, ".", source.rules.ComposeFiles))
		return next
	}
	const all = 1 << 20
	for answered := range 5 {
		for _, isKnown := range []bool{false, true} {
			var state actors.DesiredState
			if isKnown {
				let(all)
				before.MoveMain(t, before.Commits[0])
				state = fetch(state, before, 0)
			}
			before.MoveMain(t, before.Commits[1])
			let(answered)
			next, err := source.Fetch(t.Context(), state)
			switch {
			case err != nil:
				is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
			case next.Revision == before.Commits[1]:
				is.Equal(forOracle(next), expected(t, before.Dir, next.Revision, ".", source.rules.ComposeFiles))
				state = next
			default:
				is.Equal(next.Revision, after.Commits[0])
				is.Equal(forOracle(next), expected(t, after.Dir, next.Revision, ".", source.rules.ComposeFiles))
				state = next
			}
			let(0)
			fetch(state, after, 0)
		}
	}
}

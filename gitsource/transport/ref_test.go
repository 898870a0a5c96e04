package transport

import (
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

func TestTheTrackedRefIsFound(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		repository := githost.NewOf(t, format)
		main := repository.Commit("docker-compose.yml", "main")
		repository.Git("tag", "light")
		repository.Git("tag", "--annotate", "--message=tag", "v1")
		repository.Git("tag", "--annotate", "--message=tag", "tag-of-tag", "v1")
		repository.Git("switch", "--quiet", "--create", "feature/x")
		feature := repository.Commit("docker-compose.yml", "feature")
		repository.Git("tag", "main") // a tag beside the branch of that name
		repository.Git("update-ref", "refs/pull/7/head", main.String())
		repository.Git("switch", "--quiet", "main")

		tests := map[string]object.ID{
			"": main, "HEAD": main, "main": main, "refs/heads/main": main, "feature/x": feature, "refs/tags/main": feature,
			"light": main, "v1": main, "refs/tags/v1": main, "tag-of-tag": main, "refs/pull/7/head": main,
			feature.String(): feature,
		}
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				settings := way(t, repository)
				for ref, want := range tests {
					is := is.New(t)
					settings.Ref = ref
					is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Tip(), want)
				}
			})
		}
	})
}

func TestAMissingRefIsToldFromAnEmptyRepository(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				settings := way(t, repository)
				is.Equal(openFailure(t, settings).Code, actors.CodeEmpty)
				settings.Ref = "main"
				is.Equal(openFailure(t, settings).Code, actors.CodeEmpty)

				repository.Commit("docker-compose.yml", "a")
				settings.Ref = "mai" // a prefix of the branch
				failure := openFailure(t, settings)
				is.Equal(failure.Code, actors.CodeRefNotFound)
				is.Equal(failure.Message, "The repository has no refs/heads/mai or refs/tags/mai; check GIT_REF.")

				repository.Git("symbolic-ref", "HEAD", "refs/heads/gone")
				settings.Ref = ""
				is.Equal(openFailure(t, settings).Code, actors.CodeRefNotFound)
			})
		}
	})
}

func TestAnUnknownPinnedCommitIsRefNotFound(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				repository.Commit("docker-compose.yml", "a")
				settings := way(t, repository)
				settings.Ref = githost.SomeIDOf(format)
				from := openSession(t, newTestRemote(t, settings), protocol.Facts{})
				_, err := from.Fetch(t.Context(), protocol.Request{Wants: []object.ID{from.Tip()}, Shallow: true})
				is.Equal(fault.Of(err).Code, actors.CodeRefNotFound)

				settings.Ref = repository.ID("HEAD").String()
				from = openSession(t, newTestRemote(t, settings), protocol.Facts{})
				is.Equal(unpackedCount(t, from, from.Tip()), 3)
			})
		}
	})
}

package gitsource

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

func TestTheTrackedRefIsFound(t *testing.T) {
	repository := newTestRepository(t)
	main := repository.commit("docker-compose.yml", "main")
	repository.git("tag", "light")
	repository.git("tag", "--annotate", "--message=tag", "v1")
	repository.git("tag", "--annotate", "--message=tag", "tag-of-tag", "v1")
	repository.git("switch", "--quiet", "--create", "feature/x")
	feature := repository.commit("docker-compose.yml", "feature")
	repository.git("tag", "main") // a tag beside the branch of that name
	repository.git("update-ref", "refs/pull/7/head", main.String())
	repository.git("switch", "--quiet", "main")

	tests := map[string]objectID{
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
				is.Equal(openSession(t, newTestRemote(t, settings), hostFacts{}).tip(), want)
			}
		})
	}
}

func TestAMissingRefIsToldFromAnEmptyRepository(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			settings := way(t, repository)
			is.Equal(openFailure(t, settings).Code, actors.CodeEmpty)
			settings.Ref = "main"
			is.Equal(openFailure(t, settings).Code, actors.CodeEmpty)

			repository.commit("docker-compose.yml", "a")
			settings.Ref = "mai" // a prefix of the branch
			failure := openFailure(t, settings)
			is.Equal(failure.Code, actors.CodeRefNotFound)
			is.Equal(failure.Message, "The repository has no refs/heads/mai or refs/tags/mai; check GIT_REF.")

			repository.git("symbolic-ref", "HEAD", "refs/heads/gone")
			settings.Ref = ""
			is.Equal(openFailure(t, settings).Code, actors.CodeRefNotFound)
		})
	}
}

func TestAnUnknownPinnedCommitIsRefNotFound(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			repository.commit("docker-compose.yml", "a")
			settings := way(t, repository)
			settings.Ref = strings.Repeat("12", 20)
			from := openSession(t, newTestRemote(t, settings), hostFacts{})
			_, err := from.fetch(t.Context(), fetchRequest{wants: []objectID{from.tip()}, shallow: true})
			is.Equal(classify(err).Code, actors.CodeRefNotFound)

			settings.Ref = repository.id("HEAD").String()
			from = openSession(t, newTestRemote(t, settings), hostFacts{})
			is.Equal(unpackedCount(t, from, from.tip()), 3)
		})
	}
}

func TestARefNameFollowsGitsRules(t *testing.T) {
	is := is.New(t)
	for _, ref := range []string{"main", "feature/x", "refs/heads/main", "v1.0", "ünï", "a@b", strings.Repeat("a", 40)} {
		is.NoErr(validateRef(ref))
	}
	for _, ref := range []string{"refs/", "a b", "a..b", "a~1", "a^{}", "a:b", "a?", "*", "[a", "a\\b", "a@{1}", "a/",
		"a//b", ".a", "a/.b", "a.lock", "a.", "a\nb", "a\x7f"} {
		if validateRef(ref) == nil {
			t.Errorf("%q is taken for a ref name", ref)
		}
	}
}

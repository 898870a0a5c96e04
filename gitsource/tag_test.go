package gitsource

import (
	"testing"

	"github.com/matryer/is"
)

// A release is often tagged on a commit that no branch ends at. A host of version 0 hands out what it has listed, and
// lists the tag.
func TestEveryWayFetchesTheCommitBehindAnAnnotatedTag(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repository := newTestRepository(t)
			known := repository.commit("a/docker-compose.yml", "a")
			released := repository.commit("a/docker-compose.yml", "b")
			repository.git("tag", "--annotate", "--message=x", "v1")
			repository.git("tag", "--annotate", "--message=x", "v1-again", "v1") // a tag of a tag
			repository.git("reset", "--quiet", "--hard", known.String())
			repository.commit("a/docker-compose.yml", "c")
			repository.git("config", "uploadpack.allowAnySHA1InWant", "false")
			settings := way(t, repository)
			for _, settings.Ref = range []string{"v1", "v1-again"} {
				from := openSession(t, newTestRemote(t, settings), hostFacts{})
				is.Equal(from.tip(), released)
				kinds := fetchAll(t, from, fetchRequest{wants: []objectID{released}, shallow: true})
				is.Equal(kinds[released], "commit")
				again := openSession(t, newTestRemote(t, settings), from.facts())
				kinds = fetchAll(t, again, fetchRequest{wants: []objectID{released}, have: known})
				is.Equal(kinds[released], "commit")
			}
		})
	}
}

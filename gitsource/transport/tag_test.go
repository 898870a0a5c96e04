package transport

import (
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

// A release tag often names a commit that is no branch's tip. A host of version 0 serves only ids that it has listed,
// and it has listed the tag.
func TestEveryWayFetchesTheCommitBehindAnAnnotatedTag(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				known := repository.Commit("a/docker-compose.yml", "a")
				released := repository.Commit("a/docker-compose.yml", "b")
				repository.Git("tag", "--annotate", "--message=x", "v1")
				repository.Git("tag", "--annotate", "--message=x", "v1-again", "v1") // a tag of a tag
				repository.Git("reset", "--quiet", "--hard", known.String())
				repository.Commit("a/docker-compose.yml", "c")
				repository.Git("config", "uploadpack.allowAnySHA1InWant", "false")
				settings := way(t, repository)
				for _, settings.Ref = range []string{"v1", "v1-again"} {
					from := openSession(t, newTestRemote(t, settings), protocol.Facts{})
					is.Equal(from.Tip(), released)
					kinds := fetchAll(t, from, protocol.Request{Wants: []object.ID{released}, Shallow: true})
					is.Equal(kinds[released], "commit")
					again := openSession(t, newTestRemote(t, settings), from.Facts())
					kinds = fetchAll(t, again, protocol.Request{Wants: []object.ID{released}, Have: known})
					is.Equal(kinds[released], "commit")
				}
			})
		}
	})
}

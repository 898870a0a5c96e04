package gitsource

import (
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

// everyState has the commits that readsEveryState reads: one, a changed stack, and a file beside the stacks. Its ids are
// SHA-1.
func everyState(t *testing.T) *githost.Bare {
	t.Helper()
	return everyStateOf(t, object.SHA1)
}

// everyStateOf is everyState for ids of any format.
func everyStateOf(t *testing.T, format object.Format) *githost.Bare {
	t.Helper()
	first := githost.SomeStacks(6)
	second := first.With(githost.Layout{"hosts/h0/s1/docker-compose.yml": githost.File("2\n")})
	third := second.With(githost.Layout{"README.md": githost.File("3\n")})
	return githost.ImportOf(t, format, filepath.Join(t.TempDir(), "stacks"), githost.Chain(first, second, third))
}

// readsEveryState reads a repository of everyState: a cold start, changes, no change, and pushes back. Each hash is
// compared with what the git program prints. A push back asks the host again, because what was read before is forgotten.
// It returns what was learned of the host.
func readsEveryState(t *testing.T, r *githost.Bare, source *Source) protocol.Facts {
	t.Helper()
	is := is.New(t)
	var state actors.DesiredState
	for _, tip := range []int{0, 1, 1, 2, 0, 2} {
		r.MoveMain(t, r.Commits[tip])
		next, err := source.Fetch(t.Context(), state)
		is.NoErr(err)
		is.Equal(next.Revision, r.Commits[tip])
		is.Equal(forOracle(next), expected(t, r.Dir, next.Revision, ".", source.rules.ComposeFiles))
		state = forgetPast(next)
	}
	facts := state.Index.(*memory).facts
	is.Equal(facts.Format, r.Format)
	return facts
}

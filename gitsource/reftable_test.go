package gitsource

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
)

// The archive has repositories of git 2.55.0, and what that git says of them: a commit of a ref, or "none", and the
// SHA-256 of a file.
func TestRepositoriesThatGitMadeWithReftablesAreServed(t *testing.T) {
	dir := githost.Unpack(t, filepath.Join("local", "reftable", "testdata", "reftable.tgz"))
	expected, err := os.ReadFile(filepath.Join(dir, "expected.txt"))
	is.New(t).NoErr(err)
	for line := range strings.Lines(string(expected)) {
		what, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		t.Run(what, func(t *testing.T) {
			is := is.New(t)
			name, of, _ := strings.Cut(what, ":")
			file := strings.TrimSuffix(of, "/docker-compose.yml")
			ref := strings.TrimSuffix(of, "^{commit}")
			if file != of {
				ref = ""
			}
			state, err := fetchOnce(t, filepath.Join(dir, name), trackedBy(ref))
			switch {
			case want == "none":
				is.Equal(failureOf(t, err).Code, actors.CodeRefNotFound)
			case file == of:
				is.NoErr(err)
				is.Equal(state.Revision, want)
			default:
				is.NoErr(err)
				is.Equal(state.Stacks[0].Path, file)
				is.Equal(state.Stacks[0].Hash, "sha256:"+want)
			}
		})
	}
}

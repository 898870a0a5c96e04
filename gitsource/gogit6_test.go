package gitsource

import (
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// goGit6 are the ways to reach a repository that go-git 6 serves.
func goGit6(t *testing.T) map[string]func(t *testing.T, dir, ref string) *Source {
	t.Helper()
	host := githost.BuildGoGit6(t, filepath.Join("githost", "gogit6"))
	return map[string]func(t *testing.T, dir, ref string) *Source{
		"HTTP": func(t *testing.T, dir, ref string) *Source {
			return newTestSource(t, host.ServeHTTP(t, dir), trackedBy(ref))
		},
		"git://": func(t *testing.T, dir, ref string) *Source {
			return newTestSource(t, host.ServeGit(t, dir), trackedBy(ref))
		},
		"SSH": func(t *testing.T, dir, ref string) *Source {
			at := host.ServeSSH(t, dir)
			return newTestSource(t, at.URL, trackedBy(ref), func(s *Settings) {
				s.SSHKeyFile, s.SSHKnownHostsFile = at.KeyFile, at.KnownHosts
			})
		},
	}
}

// go-git 6 ends a stream after one pack, and a push back takes more than one.
func TestEveryStateIsReadFromGoGit6(t *testing.T) {
	for name, serve := range goGit6(t) {
		t.Run(name, func(t *testing.T) {
			githost.EachFormat(t, func(t *testing.T, format object.Format) {
				r := everyStateOf(t, format)
				readsEveryState(t, r, serve(t, r.Dir, ""))
			})
		})
	}
}

// go-git 6 ends a stream without a word if it is asked for a commit that it does not have. Over HTTP it answers 500,
// which may as well be a fault of the host.
func TestAPinnedCommitIsReadFromGoGit6OrToldToBeAbsent(t *testing.T) {
	for name, serve := range goGit6(t) {
		t.Run(name, func(t *testing.T) {
			githost.EachFormat(t, func(t *testing.T, format object.Format) {
				is := is.New(t)
				r := everyStateOf(t, format)
				source := serve(t, r.Dir, r.Commits[1])
				state, err := source.Fetch(t.Context(), actors.DesiredState{})
				is.NoErr(err)
				is.Equal(forOracle(state), expected(t, r.Dir, r.Commits[1], ".", source.rules.ComposeFiles))

				_, err = serve(t, r.Dir, githost.SomeIDOf(format)).Fetch(t.Context(), actors.DesiredState{})
				want := actors.CodeRefNotFound
				if name == "HTTP" {
					want = actors.CodeUnreachable
				}
				is.Equal(fault.Of(err).Code, want)
			})
		})
	}
}

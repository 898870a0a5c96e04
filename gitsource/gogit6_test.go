package gitsource

import (
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
)

// go-git 6 ends a stream after one pack, and a push back takes more than one.
func TestEveryStateIsReadFromGoGit6(t *testing.T) {
	first := githost.SomeStacks(6)
	second := first.With(githost.Layout{"hosts/h0/s1/docker-compose.yml": githost.File("2\n")})
	history := githost.Chain(first, second, second.With(githost.Layout{"README.md": githost.File("3\n")}))
	host := githost.BuildGoGit6(t, filepath.Join("githost", "gogit6"))
	for name, serve := range map[string]func(t *testing.T, dir string) *Source{
		"HTTP":   func(t *testing.T, dir string) *Source { return newTestSource(t, host.ServeHTTP(t, dir)) },
		"git://": func(t *testing.T, dir string) *Source { return newTestSource(t, host.ServeGit(t, dir)) },
		"SSH": func(t *testing.T, dir string) *Source {
			at := host.ServeSSH(t, dir)
			return newTestSource(t, at.URL, func(s *Settings) { s.SSHKeyFile, s.SSHKnownHostsFile = at.KeyFile, at.KnownHosts })
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := githost.Import(t, filepath.Join(t.TempDir(), "stacks"), history)
			source := serve(t, r.Dir)
			var state actors.DesiredState
			for _, tip := range []int{0, 1, 1, 2, 0, 2} {
				r.MoveMain(t, r.Commits[tip])
				next, err := source.Fetch(t.Context(), state)
				is.NoErr(err)
				is.Equal(next.Revision, r.Commits[tip])
				is.Equal(forOracle(next), expected(t, r.Dir, next.Revision, ".", source.rules.ComposeFiles))
				state = forgetPast(next) // a push back asks the host again
			}
		})
	}
}

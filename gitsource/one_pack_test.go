package gitsource

import (
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// A push back takes more than one request, and such a host ends the stream after the first pack.
func TestAPushBackIsReadFromAHostThatEndsAStreamAfterOnePack(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		first := githost.SomeStacks(6)
		history := githost.Chain(first, first.With(githost.Layout{"hosts/h0/s1/docker-compose.yml": githost.File("2\n")}))
		tests := map[string]func(t *testing.T, dir string) *Source{
			"git daemon": func(t *testing.T, dir string) *Source {
				return newTestSource(t, githost.ServeOnePack(t, dir))
			},
			"SSH": func(t *testing.T, dir string) *Source {
				options := githost.SSHOptions{Instead: githost.OnePackSession(t, dir)}
				host := githost.ServeSSH(t, githost.At(t, dir), options)
				return newTestSource(t, host.URL, func(s *Settings) {
					s.SSHKeyFile, s.SSHKnownHostsFile = host.KeyFile, host.KnownHosts
				})
			},
		}
		for name, serve := range tests {
			for kind, plain := range map[string]bool{", filters": false, ", no filters": true} {
				t.Run(name+kind, func(t *testing.T) {
					is := is.New(t)
					r := githost.ImportOf(t, format, filepath.Join(t.TempDir(), "stacks"), history)
					if plain {
						r.WithoutFilter(t)
					}
					source := serve(t, r.Dir)
					var state actors.DesiredState
					for _, tip := range []int{1, 0, 1, 0} {
						r.MoveMain(t, r.Commits[tip])
						next, err := source.Fetch(t.Context(), state)
						is.NoErr(err)
						is.Equal(next.Revision, r.Commits[tip])
						is.Equal(forOracle(next), expected(t, r.Dir, next.Revision, ".", source.rules.ComposeFiles))
						state = forgetPast(next)
					}
				})
			}
		}
	})
}

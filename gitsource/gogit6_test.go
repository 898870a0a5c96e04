package gitsource

import (
	"path/filepath"
	"testing"

	"mooring/gitsource/githost"
)

// go-git 6 ends a stream after one pack, and a push back takes more than one.
func TestEveryStateIsReadFromGoGit6(t *testing.T) {
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
			r := everyState(t)
			readsEveryState(t, r, serve(t, r.Dir))
		})
	}
}

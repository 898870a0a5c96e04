package gitsource

import (
	"os"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
)

// After a change of GIT_CA_FILE a Fetch opens a connection, which trusts the new content alone, and later ones keep it.
// The same content in another file is no change.
func TestAChangeOfGitCAFileCostsOneConnection(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{TLS: true})
	trusted := githost.PEM(host.Certificate().Raw)
	file := githost.WriteFile(t, "ca.pem", trusted)
	settings := validSettings()
	settings.URL, settings.CAFile = host.Repository(), file
	source, err := New(settings)
	is.NoErr(err)
	t.Cleanup(source.remote.CloseIdleConnections)
	hold := func(content string) {
		is.NoErr(os.WriteFile(file+".new", []byte(content), 0o600))
		is.NoErr(os.Rename(file+".new", file))
	}
	connectionOf := func(state *actors.DesiredState) string {
		next, err := source.Fetch(t.Context(), *state)
		is.NoErr(err)
		if now := next.Index.(*memory).remote; now != source.remote {
			t.Cleanup(now.CloseIdleConnections)
		}
		*state = next
		seen := host.Saw()
		is.True(len(seen) > 0)
		for _, request := range seen {
			is.Equal(request.Remote, seen[0].Remote) // one connection a Fetch
		}
		return seen[0].Remote
	}
	var state actors.DesiredState
	first := connectionOf(&state)
	is.Equal(connectionOf(&state), first)
	hold(trusted)
	is.Equal(connectionOf(&state), first)

	hold(trusted + githost.NewAuthority(t).PEM())
	second := connectionOf(&state)
	is.True(second != first)
	is.Equal(connectionOf(&state), second)

	hold(githost.NewAuthority(t).PEM())
	for range 3 {
		_, err = source.Fetch(t.Context(), state)
		is.Equal(fault.Of(err).Code, actors.CodeUntrusted)
	}
	is.NoErr(os.Remove(file))
	_, err = source.Fetch(t.Context(), state)
	is.Equal(fault.Of(err).Code, actors.CodeUntrusted)
	is.Equal(len(host.Saw()), 0)

	hold(trusted + "\n") // other bytes
	third := connectionOf(&state)
	is.True(third != first && third != second)
}

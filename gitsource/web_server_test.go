package gitsource

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

// webServers are the web servers that operators put before git http-backend.
func webServers() map[string]func(*testing.T, string, githost.WebOptions) string {
	return map[string]func(*testing.T, string, githost.WebOptions) string{
		"nginx": githost.ServeNginx, "Apache": githost.ServeApache,
	}
}

// A server that does not pass the header Git-Protocol on is the usual mistake. Git speaks version 0 then.
func TestEveryStateIsReadThroughAWebServer(t *testing.T) {
	for name, serve := range webServers() {
		for _, dropVersion := range []bool{false, true} {
			for _, filters := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, drops the version %v, filters %v", name, dropVersion, filters), func(t *testing.T) {
					githost.EachFormat(t, func(t *testing.T, format object.Format) {
						r := everyStateOf(t, format)
						if !filters {
							r.WithoutFilter(t)
						}
						source := newTestSource(t, serve(t, r.Dir, githost.WebOptions{DropVersion: dropVersion}))
						facts := readsEveryState(t, r, source)
						is.New(t).Equal(facts.Version == protocol.V0, dropVersion)
						is.New(t).Equal(facts.Filter, filters)
					})
				})
			}
		}
	}
}

func TestAPinnedCommitIsReadThroughAWebServer(t *testing.T) {
	for name, serve := range webServers() {
		for _, dropVersion := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, drops the version %v", name, dropVersion), func(t *testing.T) {
				githost.EachFormat(t, func(t *testing.T, format object.Format) {
					is := is.New(t)
					r := everyStateOf(t, format)
					url := serve(t, r.Dir, githost.WebOptions{DropVersion: dropVersion})
					source := newTestSource(t, url, trackedBy(r.Commits[1]))
					state, err := source.Fetch(t.Context(), actors.DesiredState{})
					is.NoErr(err)
					is.Equal(state.Revision, r.Commits[1])
					is.Equal(forOracle(state), expected(t, r.Dir, r.Commits[1], ".", source.rules.ComposeFiles))
				})
			})
		}
	}
}

// A request for many files is long, and so it is compressed. The answer comes in chunks.
func TestALongRequestGoesThroughAWebServer(t *testing.T) {
	for name, serve := range webServers() {
		t.Run(name, func(t *testing.T) {
			githost.EachFormat(t, func(t *testing.T, format object.Format) {
				is := is.New(t)
				history := githost.History{{Layout: githost.ManyStacks(600)}}
				r := githost.ImportOf(t, format, filepath.Join(t.TempDir(), "stacks"), history)
				source := newTestSource(t, serve(t, r.Dir, githost.WebOptions{}))
				state, err := source.Fetch(t.Context(), actors.DesiredState{})
				is.NoErr(err)
				is.Equal(len(state.Stacks), 600)
				is.Equal(forOracle(state), expected(t, r.Dir, r.Commits[0], ".", source.rules.ComposeFiles))
			})
		})
	}
}

// Apache sends the files of a repository without a media type, nginx as application/octet-stream.
func TestAWebServerThatOffersPlainFilesIsToldAsThat(t *testing.T) {
	for name, serve := range webServers() {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := everyState(t)
			githost.Git(t, r.Dir, nil, "update-server-info")
			source := newTestSource(t, serve(t, r.Dir, githost.WebOptions{Dumb: true}))
			_, err := source.Fetch(t.Context(), actors.DesiredState{})
			is.Equal(fault.Of(err).Code, actors.CodeProtocol)
			is.True(strings.Contains(fault.Of(err).Message, `the "dumb" protocol`))
		})
	}
}

func withPassword(user, password string) func(*Settings) {
	return func(s *Settings) { s.Username, s.Password = user, func() (string, error) { return password, nil } }
}

func TestAWebServerThatAsksForAPasswordIsAnsweredWithBasic(t *testing.T) {
	for name, serve := range webServers() {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := everyState(t)
			url := serve(t, r.Dir, githost.WebOptions{User: "ops", Password: "p:ä%40"})
			readsEveryState(t, r, newTestSource(t, url, withPassword("ops", "p:ä%40")))
			for _, password := range []string{"", "wrong"} {
				source := newTestSource(t, url, withPassword("ops", password))
				_, err := source.Fetch(t.Context(), actors.DesiredState{})
				is.Equal(fault.Of(err).Code, actors.CodeAuth)
			}
		})
	}
}

func TestAWebServerThatAsksForDigestIsToldByThatName(t *testing.T) {
	is := is.New(t)
	r := everyState(t)
	url := githost.ServeApache(t, r.Dir, githost.WebOptions{User: "ops", Password: "secret", Digest: true})
	_, err := newTestSource(t, url, withPassword("ops", "secret")).Fetch(t.Context(), actors.DesiredState{})
	is.Equal(fault.Of(err).Code, actors.CodeAuth)
	is.True(strings.Contains(fault.Of(err).Message, "wants credentials by Digest, which mooring does not support"))
}

// nginx takes bodies of up to 1 MiB unless it is told otherwise. A request for single files is longer than one for
// everything.
func TestAWebServerThatRefusesALongRequestIsAskedForEverything(t *testing.T) {
	for name, serve := range webServers() {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := githost.Import(t, filepath.Join(t.TempDir(), "stacks"), githost.History{{Layout: githost.ManyStacks(60)}})
			source := newTestSource(t, serve(t, r.Dir, githost.WebOptions{MaxBody: 1024}))
			state, err := source.Fetch(t.Context(), actors.DesiredState{})
			is.NoErr(err)
			is.Equal(forOracle(state), expected(t, r.Dir, r.Commits[0], ".", source.rules.ComposeFiles))

			source = newTestSource(t, serve(t, r.Dir, githost.WebOptions{MaxBody: 100}))
			_, err = source.Fetch(t.Context(), actors.DesiredState{})
			is.Equal(fault.Of(err).Message, "The Git host does not accept the request: 413 Request Entity Too Large.")
		})
	}
}

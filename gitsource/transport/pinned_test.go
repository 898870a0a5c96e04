package transport

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
	"golang.org/x/crypto/ssh"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

// Hosts of version 0 end the connection, or fail, if they are asked for an id that may not be asked for.
func TestAPinnedCommitThatMayNotBeAskedForIsRefNotFound(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			if !strings.HasSuffix(name, "/v0") {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				repository.Git("config", "uploadpack.allowAnySHA1InWant", "false")
				settings := way(t, repository)
				settings.Ref = githost.SomeIDOf(format)
				is.Equal(openFailure(t, settings).Code, actors.CodeEmpty)

				unlisted := repository.Commit("docker-compose.yml", "a")
				tagged := repository.Commit("docker-compose.yml", "b")
				repository.Git("tag", "--annotate", "--message=x", "v1")
				tip := repository.Commit("docker-compose.yml", "c")
				settings.Ref = unlisted.String()
				failure := openFailure(t, settings)
				is.Equal(failure.Code, actors.CodeRefNotFound)
				is.True(strings.Contains(failure.Message, unlisted.String()))
				is.True(strings.Contains(failure.Message, "GIT_REF"))

				facts := protocol.Facts{Version: protocol.V0, Format: format, Shallow: true} // known, so Open sends nothing
				from := openSession(t, newTestRemote(t, settings), facts)
				_, err := from.Fetch(t.Context(), protocol.Request{Wants: []object.ID{unlisted}, Shallow: true})
				is.Equal(fault.Of(err).Code, actors.CodeRefNotFound)

				for _, listed := range []object.ID{tip, tagged} { // the other one behind a tag
					settings.Ref = listed.String()
					from := openSession(t, newTestRemote(t, settings), protocol.Facts{})
					kinds := fetchAll(t, from, protocol.Request{Wants: []object.ID{listed}, Shallow: true})
					is.Equal(kinds[listed], "commit")
				}
			})
		}
	})
}

func TestAPinnedCommitIsNotAskedForInVain(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	repository.Git("config", "uploadpack.allowAnySHA1InWant", "false")
	unlisted := repository.Commit("docker-compose.yml", "a")
	repository.Commit("docker-compose.yml", "b")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: true})
	settings := location.Settings{URL: host.Repository(), Ref: unlisted.String()}
	is.Equal(openFailure(t, settings).Code, actors.CodeRefNotFound)
	isPost := func(s githost.Seen) bool { return s.Method == http.MethodPost }
	is.True(!slices.ContainsFunc(host.Saw(), isPost))
}

// Some servers end the stream if there is no such repository.
func TestAStreamThatEndsBeforeAGreetingMayBeOfNoRepository(t *testing.T) {
	is := is.New(t)
	silent := githost.Listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 100)) })
	overGit := location.Settings{URL: "git://" + silent + "/stacks"}
	bySSH := overSSH(t, githost.New(t), githost.SSHOptions{Instead: func(offered ssh.NewChannel, _ *ssh.ServerConn) {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		defer channel.Close()
		for request := range requests {
			if request.Type == "exec" {
				_ = request.Reply(true, nil)
				return
			}
		}
	}})
	for _, settings := range []location.Settings{overGit, bySSH} {
		failure := openFailure(t, settings)
		is.Equal(failure.Code, actors.CodeProtocol)
		is.True(strings.Contains(failure.Message, "The repository may not exist"))
		is.True(strings.Contains(failure.Message, "check GIT_URL"))
	}
}

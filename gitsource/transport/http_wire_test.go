package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

func TestANoChangeRefreshIsOneSmallRequestOverAKeptConnection(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	var refs strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&refs, "%s refs/pull/%05d/head\n", tip, i)
	}
	is.NoErr(os.WriteFile(filepath.Join(repository.Dir, ".git", "packed-refs"), []byte(refs.String()), 0o600))
	is.Equal(repository.ID("refs/pull/09999/head"), tip)
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
	remote := newTestRemote(t, location.Settings{URL: host.Repository()})

	facts := openSession(t, remote, protocol.Facts{}).Facts()
	before := host.Saw()
	is.Equal(len(before), 1) // the session learns what the host can do at the first fetch

	is.Equal(openSession(t, remote, facts).Tip(), tip)
	is.Equal(openSession(t, remote, facts).Facts(), facts)
	again := host.Saw()
	is.Equal(len(again), 2)
	for _, request := range again {
		is.Equal(request.Method+" "+request.Path, "POST /stacks/git-upload-pack")
		is.Equal(request.Remote, before[0].Remote) // the same connection
	}

	is.Equal(unpackedCount(t, openSession(t, remote, facts), tip), 3)
	is.Equal(openSession(t, remote, facts).Tip(), tip)
	for _, request := range host.Saw() {
		is.Equal(request.Remote, before[0].Remote) // after a pack, too
	}

	wire, err := remote.wire(location.Credentials{}, strings.ToUpper)
	is.NoErr(err)
	request := []byte(githost.Lines("command=ls-refs\n", "|", "peel\n", "ref-prefix HEAD\n", ""))
	answer, err := wire.Exchange(t.Context(), protocol.V2, request)
	is.NoErr(err)
	content, err := io.ReadAll(answer)
	is.NoErr(err)
	answer.End(true)
	is.True(len(request)+len(content) < 150)
}

func TestAPinnedCommitOfAKnownHostNeedsNoRequest(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
	remote := newTestRemote(t, location.Settings{URL: host.Repository(), Ref: tip.String()})
	facts := openSession(t, remote, protocol.Facts{}).Facts()
	is.Equal(len(host.Saw()), 1)
	again := openSession(t, remote, facts)
	is.Equal(again.Tip(), tip)
	is.Equal(len(host.Saw()), 0)
	is.Equal(unpackedCount(t, again, tip), 3)
}

// unpackedCount fetches only the commit and counts the objects in the answer.
func unpackedCount(t *testing.T, from *protocol.Session, commit object.ID) int {
	t.Helper()
	return len(fetchAll(t, from, protocol.Request{Wants: []object.ID{commit}, Shallow: true}))
}

func TestALongRequestIsCompressed(t *testing.T) {
	repository := githost.New(t)
	var files []string
	for i := range 400 {
		files = append(files, fmt.Sprintf("%d.yml", i), fmt.Sprint(i))
	}
	repository.Commit(files...)
	var wants []object.ID
	for line := range strings.Lines(repository.Git("ls-tree", "--object-only", "HEAD")) {
		wants = append(wants, githost.ID(strings.TrimSpace(line)))
	}
	for _, v0 := range []bool{false, true} {
		t.Run(fmt.Sprintf("v0=%t", v0), func(t *testing.T) {
			is := is.New(t)
			host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: v0})
			from := openSession(t, newTestRemote(t, location.Settings{URL: host.Repository()}), protocol.Facts{})
			host.Saw()
			is.Equal(len(fetchAll(t, from, protocol.Request{Wants: wants})), 400)
			requests := host.Saw()
			is.Equal(requests[0].Encoding, "gzip")
			is.True(requests[0].Length < 400*45)
		})
	}
}

func TestCredentialsComeFromTheSettingsOrTheURL(t *testing.T) {
	secret := func(value string) func() (string, error) {
		return func() (string, error) { return value, nil }
	}
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	tests := map[string]struct {
		user, password string
		userinfo       string
		settings       location.Settings
	}{
		"in the URL, percent-encoded": {"al ice", "p@ss/w:rd", "al%20ice:p%40ss%2Fw%3Ard@", location.Settings{}},
		"settings win":                {"bob", "right", "alice:wrong@", location.Settings{Username: "bob", Password: secret("right")}},
		"password alone":              {"git", "token", "", location.Settings{Password: secret("token")}},
		"the name from the URL":       {"alice", "right", "alice:wrong@", location.Settings{Password: secret("right")}},
		"a token as the user name":    {"TOKEN", "", "TOKEN@", location.Settings{}},
		"a password without a name":   {"git", "token", ":token@", location.Settings{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			host := githost.ServeHTTP(t, repository, githost.HTTPOptions{User: test.user, Password: test.password})
			settings := test.settings
			settings.URL = strings.Replace(host.Repository(), "://", "://"+test.userinfo, 1)
			openSession(t, newTestRemote(t, settings), protocol.Facts{})
		})
	}
}

func TestAPasswordIsReadAnewForEachSession(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{User: "git", Password: "new"})
	file := githost.WriteFile(t, "password", "old")
	settings := location.Settings{URL: host.Repository(), Password: func() (string, error) {
		content, err := os.ReadFile(file)
		return string(content), err
	}}
	remote := newTestRemote(t, settings)
	_, err := remote.Open(t.Context(), protocol.Facts{})
	is.Equal(fault.Of(err).Code, actors.CodeAuth)
	is.NoErr(os.WriteFile(file, []byte("new"), 0o600))
	facts := openSession(t, remote, protocol.Facts{}).Facts()

	host.Saw()
	is.NoErr(os.Remove(file))
	_, err = remote.Open(t.Context(), facts)
	is.Equal(fault.Of(err).Code, actors.CodeAuth)
	is.Equal(fault.Of(err).Message, "GIT_PASSWORD cannot be read from its file: no such file or directory.")
	is.Equal(len(host.Saw()), 0) // no request is sent without the password
}

func TestTheEndOfTheContextEndsEveryWait(t *testing.T) {
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", strings.Repeat("a", 1<<20))
	for _, path := range []string{"/stacks/info/refs", "/stacks/git-upload-pack"} {
		t.Run(path, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			older := path == "/stacks/info/refs" // only a host of version 0 is asked there
			host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: older, Instead: func(_ http.ResponseWriter, q *http.Request) bool {
				if q.URL.Path != path {
					return false
				}
				cancel(errors.New("the request has come"))
				_, _ = io.Copy(io.Discard, q.Body)
				<-q.Context().Done()
				return true
			}})
			_, err := newTestRemote(t, location.Settings{URL: host.Repository()}).Open(ctx, protocol.Facts{})
			is.Equal(fault.Of(err).Code, actors.CodeTimeout)
		})
	}
}

// Git reads an answer whatever its type is, and some CGI set-ups and proxies send none or another one.
func TestAnAnswerOfAnyMediaTypeButAWebPageIsRead(t *testing.T) {
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	for _, v0 := range []bool{false, true} {
		for _, mediaType := range []string{"", "application/octet-stream", "text/plain", "odd"} {
			t.Run(fmt.Sprintf("v0 %v, %q", v0, mediaType), func(t *testing.T) {
				is := is.New(t)
				git := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: v0})
				host := githost.ServeHTTP(t, repository, githost.HTTPOptions{Instead: func(w http.ResponseWriter, q *http.Request) bool {
					answer := githost.Forward(git, q)
					w.Header()["Content-Type"] = nil // net/http would guess
					if mediaType != "" {
						w.Header().Set("Content-Type", mediaType)
					}
					w.WriteHeader(answer.Code)
					_, _ = w.Write(answer.Body.Bytes())
					return true
				}})
				from := openSession(t, newTestRemote(t, location.Settings{URL: host.Repository()}), protocol.Facts{})
				is.Equal(from.Tip(), tip)
				is.Equal(unpackedCount(t, from, tip), 3)
			})
		}
	}
}

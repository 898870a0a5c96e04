package transport

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

func TestEveryWayTellsTheFormatOfTheIDs(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				tip := repository.Commit("docker-compose.yml", "a")
				remote := newTestRemote(t, way(t, repository))
				from := openSession(t, remote, protocol.Facts{})
				is.Equal(from.Facts().Format, format)
				again := openSession(t, remote, from.Facts())
				is.Equal(again.Tip(), tip)
				is.Equal(again.Facts(), from.Facts())
			})
		}
	})
}

func TestAPinnedCommitOfTheOtherFormatIsRefNotFoundAndSaysWhy(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				repository.Commit("docker-compose.yml", "a")
				settings := way(t, repository)
				facts := openSession(t, newTestRemote(t, settings), protocol.Facts{}).Facts()
				other := 1 - format
				settings.Ref = githost.SomeIDOf(other)
				failure := openFailure(t, settings)
				is.Equal(failure.Code, actors.CodeRefNotFound)
				is.Equal(failure.Message, fmt.Sprintf("GIT_REF is a commit id of %d hex digits, and the repository's ids have %d (%s); "+
					"check GIT_REF.", other.Digits(), format.Digits(), format))
				_, err := newTestRemote(t, settings).Open(t.Context(), facts) // the host is known already
				is.Equal(err.Error(), failure.Error())
			})
		}
	})
}

// The repository is deleted and made anew in the other format, under the same URL.
func TestAHostWhoseFormatHasChangedIsFollowed(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for name, way := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				repository := githost.NewOf(t, format)
				repository.Commit("docker-compose.yml", "a")
				remote := newTestRemote(t, way(t, repository))
				facts := openSession(t, remote, protocol.Facts{}).Facts()
				is.NoErr(os.RemoveAll(filepath.Join(repository.Dir, ".git")))
				repository.Git("init", "--quiet", "--initial-branch=main", "--object-format="+(1-format).String())
				tip := repository.Commit("docker-compose.yml", "b")
				from := openSession(t, remote, facts)
				is.Equal(from.Tip(), tip)
				is.Equal(from.Facts().Format, 1-format)
				is.Equal(unpackedCount(t, from, tip), 3)
			})
		}
	})
}

// A request in SHA-1 names no format, because older hosts do not know the argument.
func TestARequestNamesTheFormatWhereItMust(t *testing.T) {
	for _, format := range githost.Formats() {
		for _, v0 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, version 0 %t", format, v0), func(t *testing.T) {
				is := is.New(t)
				repository := githost.NewOf(t, format)
				tip := repository.Commit("docker-compose.yml", "a")
				bodies := make(chan string, 1) // from the host's handlers → the test
				host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: v0, Instead: func(_ http.ResponseWriter, q *http.Request) bool {
					if q.Method == http.MethodPost {
						body, _ := io.ReadAll(q.Body)
						q.Body = io.NopCloser(bytes.NewReader(body))
						bodies <- string(body)
					}
					return false
				}})
				facts := protocol.Facts{Version: protocol.V2, Filter: true, Shallow: true, Format: format}
				if v0 {
					facts.Version = protocol.V0
				}
				from := openSession(t, newTestRemote(t, location.Settings{URL: host.Repository()}), facts)
				names := func(body string) bool { return strings.Contains(body, "object-format="+format.String()) }
				if !v0 {
					is.Equal(names(<-bodies), format == object.SHA256)
				}
				pack, err := from.Fetch(t.Context(), protocol.Request{Wants: []object.ID{tip}})
				is.NoErr(err)
				is.Equal(names(<-bodies), v0 || format == object.SHA256)
				is.NoErr(pack.Close())
			})
		}
	}
}

// A host that lists long ids and names no format is taken by its word.
func TestAHostOfVersion0ThatNamesNoFormatIsReadByItsIDs(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		repository := githost.NewOf(t, format)
		tip := repository.Commit("docker-compose.yml", "a")
		through := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: true})
		host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: true, Instead: func(w http.ResponseWriter, q *http.Request) bool {
			answer := githost.Forward(through, q)
			w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
			body := answer.Body.Bytes()
			if q.Method == http.MethodGet {
				ability := " object-format=" + format.String()
				body = bytes.Replace(body, []byte(ability), []byte(strings.Repeat(" ", len(ability))), 1)
			}
			_, _ = w.Write(body)
			return true
		}})
		from := openSession(t, newTestRemote(t, location.Settings{URL: host.Repository()}), protocol.Facts{})
		is.Equal(from.Tip(), tip)
		is.Equal(from.Facts().Format, format)
	})
}

// The first format that a host names is that of the repository; it may know others (gitprotocol-capabilities,
// "object-format").
func TestTheFirstOfSeveralFormatsIsThatOfTheRepository(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for _, v0 := range []bool{false, true} {
			for _, others := range []string{(1 - format).String(), format.String(), "sha512", ""} {
				t.Run(fmt.Sprintf("version 0 %t, then %q", v0, others), func(t *testing.T) {
					is := is.New(t)
					repository := githost.NewOf(t, format)
					tip := repository.Commit("docker-compose.yml", "a")
					through := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: v0})
					named := "object-format=" + format.String()
					host := githost.ServeHTTP(t, repository, githost.HTTPOptions{Instead: func(w http.ResponseWriter, q *http.Request) bool {
						answer := githost.Forward(through, q)
						w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
						body := answer.Body.String()
						if line := githost.Lines(named + "\n"); q.Method == http.MethodGet && !v0 {
							body = strings.Replace(body, line, line+githost.Lines("object-format="+others+"\n"), 1)
						} else if q.Method == http.MethodGet {
							head := githost.Lines("# service=git-upload-pack\n", "")
							size, err := strconv.ParseUint(body[len(head):len(head)+4], 16, 16)
							is.NoErr(err)
							first := strings.TrimSuffix(body[len(head)+4:len(head)+int(size)], "\n")
							body = head + githost.Lines(first+" object-format="+others+"\n") + body[len(head)+int(size):]
						}
						_, _ = io.WriteString(w, body)
						return true
					}})
					settings := location.Settings{URL: host.Repository(), Ref: tip.String()} // a commit, so the host is greeted
					from := openSession(t, newTestRemote(t, settings), protocol.Facts{})
					is.Equal(from.Facts().Format, format)
					is.Equal(unpackedCount(t, from, tip), 3)
				})
			}
		}
	})
}

func TestAFormatThatIsNotKnownIsAFailureThatNamesIt(t *testing.T) {
	for name, greeting := range map[string]string{
		"version 2": githost.Lines("version 2\n", "ls-refs\n", "fetch\n", "object-format=sha512\n", ""),
		"version 0": githost.Lines(githost.SomeID+" HEAD\x00object-format=sha512 shallow\n", ""),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			host := githost.ServeHTTP(t, githost.New(t), githost.HTTPOptions{Instead: githost.Answering(http.StatusOK,
				map[string]string{"Content-Type": "application/x-git-upload-pack-advertisement"},
				githost.Lines("# service=git-upload-pack\n", "")+greeting)})
			failure := openFailure(t, location.Settings{URL: host.Repository()})
			is.Equal(failure.Code, actors.CodeProtocol)
			is.Equal(failure.Message, `The repository names its objects in the format "sha512"; only sha1 and sha256 can be read.`)
		})
	}
}

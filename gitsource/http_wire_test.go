package gitsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

func TestANoChangeRefreshIsOneSmallRequestOverAKeptConnection(t *testing.T) {
	is := is.New(t)
	repository := newTestRepository(t)
	tip := repository.commit("docker-compose.yml", "a")
	var refs strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&refs, "%s refs/pull/%05d/head\n", tip, i)
	}
	is.NoErr(os.WriteFile(filepath.Join(repository.dir, ".git", "packed-refs"), []byte(refs.String()), 0o600))
	is.Equal(repository.id("refs/pull/09999/head"), tip)
	host := serveHTTP(t, repository, httpOptions{})
	remote := newTestRemote(t, locationSettings{URL: host.url()})

	facts := openSession(t, remote, hostFacts{}).facts()
	before := host.saw()
	is.Equal(len(before), 1) // what the host can do shows when it is asked for something

	is.Equal(openSession(t, remote, facts).tip(), tip)
	is.Equal(openSession(t, remote, facts).facts(), facts)
	again := host.saw()
	is.Equal(len(again), 2)
	for _, request := range again {
		is.Equal(request.method+" "+request.path, "POST /stacks/git-upload-pack")
		is.Equal(request.remote, before[0].remote) // the same connection
	}

	is.Equal(unpackedCount(t, openSession(t, remote, facts), tip), 3)
	is.Equal(openSession(t, remote, facts).tip(), tip)
	for _, request := range host.saw() {
		is.Equal(request.remote, before[0].remote) // after a pack, too
	}

	wire, err := newHTTPWire(remote.client, remote.at, credentials{}, strings.ToUpper)
	is.NoErr(err)
	request := encodeLsRefs([]string{"HEAD"})
	answer, err := wire.exchange(t.Context(), protocolV2, request)
	is.NoErr(err)
	content, err := io.ReadAll(answer)
	is.NoErr(err)
	answer.end(true)
	is.True(len(request)+len(content) < 150)
}

func TestAPinnedCommitOfAKnownHostNeedsNoRequest(t *testing.T) {
	is := is.New(t)
	repository := newTestRepository(t)
	tip := repository.commit("docker-compose.yml", "a")
	host := serveHTTP(t, repository, httpOptions{})
	remote := newTestRemote(t, locationSettings{URL: host.url(), Ref: tip.String()})
	facts := openSession(t, remote, hostFacts{}).facts()
	is.Equal(len(host.saw()), 1)
	again := openSession(t, remote, facts)
	is.Equal(again.tip(), tip)
	is.Equal(len(host.saw()), 0)
	is.Equal(unpackedCount(t, again, tip), 3)
}

// The first request takes the host for one of today. However an older one refuses it, that is not the last word.
func TestAHostThatIsNotAsIsLikelyIsAskedWhatItIs(t *testing.T) {
	repository := newTestRepository(t)
	tip := repository.commit("docker-compose.yml", "a")
	tests := map[string]struct {
		status     int
		retryAfter string
		asked      bool
	}{
		"another version":      {0, "", true},
		"a web page":           {http.StatusOK, "", true},
		"a redirect":           {http.StatusFound, "", true},
		"a bad request":        {http.StatusBadRequest, "", true},
		"not found":            {http.StatusNotFound, "", true},
		"another method":       {http.StatusMethodNotAllowed, "", true},
		"a fault":              {http.StatusInternalServerError, "", true},
		"not implemented":      {http.StatusNotImplemented, "", true},
		"credentials":          {http.StatusUnauthorized, "", false},
		"not allowed":          {http.StatusForbidden, "", true},
		"overloaded":           {http.StatusServiceUnavailable, "", false},
		"overloaded in detail": {http.StatusInternalServerError, "7", false},
		"too many requests":    {http.StatusTooManyRequests, "", false},
		"too slow":             {http.StatusGatewayTimeout, "", false},
		"a proxy's":            {http.StatusProxyAuthRequired, "", false},
		"pinned, so not asked": {http.StatusInternalServerError, "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			host := serveHTTP(t, repository, httpOptions{v0: true, instead: func(w http.ResponseWriter, q *http.Request) bool {
				if test.status == 0 || q.Method != http.MethodPost || q.Header.Get("Git-Protocol") != "version=2" {
					return false
				}
				w.Header().Set("Content-Type", "text/html")
				if test.retryAfter != "" {
					w.Header().Set("Retry-After", test.retryAfter)
				}
				w.WriteHeader(test.status)
				return true
			}})
			settings := locationSettings{URL: host.url()}
			if strings.HasPrefix(name, "pinned") {
				settings.Ref = tip.String()
			}
			opened, err := newTestRemote(t, settings).open(t.Context(), hostFacts{})
			is.Equal(err == nil, test.asked)
			is.Equal(slices.ContainsFunc(host.saw(), func(s seen) bool { return s.method == http.MethodGet }), test.asked)
			if err == nil {
				is.Equal(opened.tip(), tip)
				is.Equal(opened.facts().protocol, protocolV0)
				opened.close()
			}
		})
	}
}

// What a host of version 2 cannot do shows when it is asked to, and however it refuses that, it is served and known.
func TestAHostWithoutFilterIsKnownHoweverItRefusesOne(t *testing.T) {
	first := someStacks(3)
	history := chain(first, first.with(layout{"hosts/h0/s1/docker-compose.yml": file("2")}))
	tests := map[string]struct {
		status int
		answer string
	}{
		"a fault":                {http.StatusInternalServerError, ""},
		"not allowed":            {http.StatusForbidden, ""},
		"words of credentials":   {http.StatusOK, lines("ERR filter: permission denied\n")},
		"in place of the pack":   {http.StatusOK, lines("packfile\n", "\x03filter is not supported\n")},
		"a pack that breaks off": {http.StatusOK, lines("packfile\n", "\x01PACK")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := hostHistory(t, httpOptions{instead: func(w http.ResponseWriter, q *http.Request) bool {
				body, _ := io.ReadAll(q.Body)
				q.Body = io.NopCloser(bytes.NewReader(body))
				if !bytes.Contains(body, []byte("filter ")) {
					return false
				}
				w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.answer)
				return true
			}}, history)
			r.withoutFilter(t)
			source := newTestSource(t, r.url)
			state := r.fetchOK(t, source, 0, actors.DesiredState{})
			is.Equal(state.Index.(*memory).facts.filter, false)
			r.posts()
			r.fetchOK(t, source, 1, state)
			is.Equal(r.posts(), 2) // where the ref is, what changed
		})
	}
}

// A guess that is answered with nothing is not believed.
func TestAnEmptyListIsAskedForAgainOfAHostThatWasNotGreeted(t *testing.T) {
	is := is.New(t)
	repository := newTestRepository(t)
	tip := repository.commit("docker-compose.yml", "a")
	host := serveHTTP(t, repository, httpOptions{v0: true, instead: func(w http.ResponseWriter, q *http.Request) bool {
		if q.Header.Get("Git-Protocol") != "version=2" || q.Method != http.MethodPost {
			return false
		}
		w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		_, _ = io.WriteString(w, lines(""))
		return true
	}})
	is.Equal(openSession(t, newTestRemote(t, locationSettings{URL: host.url()}), hostFacts{}).tip(), tip)
}

func TestStaleFactsAreForgotten(t *testing.T) {
	is := is.New(t)
	repository := newTestRepository(t)
	tip := repository.commit("docker-compose.yml", "a")
	facts := hostFacts{protocol: protocolV2, filter: true, shallow: true}

	t.Run("the host speaks version 0 now", func(t *testing.T) {
		is := is.New(t)
		remote := newTestRemote(t, locationSettings{URL: serveHTTP(t, repository, httpOptions{v0: true}).url()})
		from := openSession(t, remote, facts)
		is.Equal(from.tip(), tip)
		is.Equal(from.facts().protocol, protocolV0)
	})
	t.Run("the host fails at version 2 now", func(t *testing.T) {
		is := is.New(t)
		host := serveHTTP(t, repository, httpOptions{v0: true, instead: func(w http.ResponseWriter, q *http.Request) bool {
			fails := q.Method == http.MethodPost && q.Header.Get("Git-Protocol") == "version=2"
			if fails {
				w.WriteHeader(http.StatusNotImplemented)
			}
			return fails
		}})
		from := openSession(t, newTestRemote(t, locationSettings{URL: host.url()}), facts)
		is.Equal(from.tip(), tip)
		is.Equal(from.facts().protocol, protocolV0)
	})
	t.Run("a pinned commit's host speaks version 0 now", func(t *testing.T) {
		is := is.New(t)
		host := serveHTTP(t, repository, httpOptions{v0: true})
		from := openSession(t, newTestRemote(t, locationSettings{URL: host.url(), Ref: tip.String()}), facts)
		is.Equal(unpackedCount(t, from, tip), 3)
	})
	t.Run("the address moved back", func(t *testing.T) {
		is := is.New(t)
		host := serveHTTP(t, repository, httpOptions{})
		moved := facts
		moved.moved = true
		from := openSession(t, newTestRemote(t, locationSettings{URL: host.url()}), moved)
		is.Equal(from.tip(), tip)
		is.True(!from.facts().moved)
	})
	repository.git("config", "uploadpack.allowFilter", "false")
	t.Run("the host has no filter now", func(t *testing.T) {
		is := is.New(t)
		from := openSession(t, newTestRemote(t, locationSettings{URL: serveHTTP(t, repository, httpOptions{}).url()}), facts)
		is.True(from.filters())
		kinds := fetchAll(t, from, fetchRequest{wants: []objectID{tip}, shallow: true, filter: "blob:none"})
		is.Equal(len(kinds), 3)
		is.Equal(from.filters(), false)
	})
}

// unpackedCount fetches the commit alone and counts what came.
func unpackedCount(t *testing.T, from *session, commit objectID) int {
	t.Helper()
	return len(fetchAll(t, from, fetchRequest{wants: []objectID{commit}, shallow: true}))
}

func TestALongRequestIsCompressed(t *testing.T) {
	repository := newTestRepository(t)
	var files []string
	for i := range 400 {
		files = append(files, fmt.Sprintf("%d.yml", i), fmt.Sprint(i))
	}
	repository.commit(files...)
	var wants []objectID
	for line := range strings.Lines(repository.git("ls-tree", "--object-only", "HEAD")) {
		wants = append(wants, idOf(strings.TrimSpace(line)))
	}
	for _, v0 := range []bool{false, true} {
		t.Run(fmt.Sprintf("v0=%t", v0), func(t *testing.T) {
			is := is.New(t)
			host := serveHTTP(t, repository, httpOptions{v0: v0})
			from := openSession(t, newTestRemote(t, locationSettings{URL: host.url()}), hostFacts{})
			host.saw()
			is.Equal(len(fetchAll(t, from, fetchRequest{wants: wants})), 400)
			requests := host.saw()
			is.Equal(requests[0].encoding, "gzip")
			is.True(requests[0].length < 400*45)
		})
	}
}

func TestCredentialsComeFromTheSettingsOrTheURL(t *testing.T) {
	secret := func(value string) func() (string, error) {
		return func() (string, error) { return value, nil }
	}
	repository := newTestRepository(t)
	repository.commit("docker-compose.yml", "a")
	tests := map[string]struct {
		user, password string
		userinfo       string
		settings       locationSettings
	}{
		"in the URL, percent-encoded": {"al ice", "p@ss/w:rd", "al%20ice:p%40ss%2Fw%3Ard@", locationSettings{}},
		"settings win":                {"bob", "right", "alice:wrong@", locationSettings{Username: "bob", Password: secret("right")}},
		"password alone":              {"git", "token", "", locationSettings{Password: secret("token")}},
		"the name from the URL":       {"alice", "right", "alice:wrong@", locationSettings{Password: secret("right")}},
		"a token as the user name":    {"TOKEN", "", "TOKEN@", locationSettings{}},
		"a password without a name":   {"git", "token", ":token@", locationSettings{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			host := serveHTTP(t, repository, httpOptions{user: test.user, password: test.password})
			settings := test.settings
			settings.URL = strings.Replace(host.url(), "://", "://"+test.userinfo, 1)
			openSession(t, newTestRemote(t, settings), hostFacts{})
		})
	}
}

func TestAPasswordIsReadAnewForEachSession(t *testing.T) {
	is := is.New(t)
	repository := newTestRepository(t)
	repository.commit("docker-compose.yml", "a")
	host := serveHTTP(t, repository, httpOptions{user: "git", password: "new"})
	file := writeFile(t, "password", "old")
	settings := locationSettings{URL: host.url(), Password: func() (string, error) {
		content, err := os.ReadFile(file)
		return string(content), err
	}}
	remote := newTestRemote(t, settings)
	_, err := remote.open(t.Context(), hostFacts{})
	is.Equal(classify(err).Code, actors.CodeAuth)
	is.NoErr(os.WriteFile(file, []byte("new"), 0o600))
	facts := openSession(t, remote, hostFacts{}).facts()

	host.saw()
	is.NoErr(os.Remove(file))
	_, err = remote.open(t.Context(), facts)
	is.Equal(classify(err).Code, actors.CodeAuth)
	is.Equal(classify(err).Message, "GIT_PASSWORD cannot be read from its file: no such file or directory.")
	is.Equal(len(host.saw()), 0) // the host is not asked without it
}

func TestTheEndOfTheContextEndsEveryWait(t *testing.T) {
	repository := newTestRepository(t)
	repository.commit("docker-compose.yml", strings.Repeat("a", 1<<20))
	for _, path := range []string{"/stacks/info/refs", "/stacks/git-upload-pack"} {
		t.Run(path, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			older := path == "/stacks/info/refs" // only these are asked there
			host := serveHTTP(t, repository, httpOptions{v0: older, instead: func(_ http.ResponseWriter, q *http.Request) bool {
				if q.URL.Path != path {
					return false
				}
				cancel(errors.New("the request has come"))
				_, _ = io.Copy(io.Discard, q.Body)
				<-q.Context().Done()
				return true
			}})
			_, err := newTestRemote(t, locationSettings{URL: host.url()}).open(ctx, hostFacts{})
			is.Equal(classify(err).Code, actors.CodeTimeout)
		})
	}
}

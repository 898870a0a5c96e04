package transport

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

// The first request assumes the facts of most hosts. Whatever an older host answers to it, the session then greets the
// host and goes on.
func TestAHostThatIsNotAsIsLikelyIsAskedWhatItIs(t *testing.T) {
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
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
			host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: true, Instead: func(w http.ResponseWriter, q *http.Request) bool {
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
			settings := location.Settings{URL: host.Repository()}
			if strings.HasPrefix(name, "pinned") {
				settings.Ref = tip.String()
			}
			opened, err := newTestRemote(t, settings).Open(t.Context(), protocol.Facts{})
			is.Equal(err == nil, test.asked)
			is.Equal(slices.ContainsFunc(host.Saw(), func(s githost.Seen) bool { return s.Method == http.MethodGet }), test.asked)
			if err == nil {
				is.Equal(opened.Tip(), tip)
				is.Equal(opened.Facts().Version, protocol.V0)
				opened.Close()
			}
		})
	}
}

// The session does not trust an empty answer to a request with guessed facts.
func TestAnEmptyListIsAskedForAgainOfAHostThatWasNotGreeted(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: true, Instead: func(w http.ResponseWriter, q *http.Request) bool {
		if q.Header.Get("Git-Protocol") != "version=2" || q.Method != http.MethodPost {
			return false
		}
		w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		_, _ = io.WriteString(w, githost.Lines(""))
		return true
	}})
	is.Equal(openSession(t, newTestRemote(t, location.Settings{URL: host.Repository()}), protocol.Facts{}).Tip(), tip)
}

func TestStaleFactsAreForgotten(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	facts := protocol.Facts{Version: protocol.V2, Filter: true, Shallow: true}

	t.Run("the host speaks version 0 now", func(t *testing.T) {
		is := is.New(t)
		remote := newTestRemote(t, location.Settings{URL: githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: true}).Repository()})
		from := openSession(t, remote, facts)
		is.Equal(from.Tip(), tip)
		is.Equal(from.Facts().Version, protocol.V0)
	})
	t.Run("the host fails at version 2 now", func(t *testing.T) {
		is := is.New(t)
		host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: true, Instead: func(w http.ResponseWriter, q *http.Request) bool {
			fails := q.Method == http.MethodPost && q.Header.Get("Git-Protocol") == "version=2"
			if fails {
				w.WriteHeader(http.StatusNotImplemented)
			}
			return fails
		}})
		from := openSession(t, newTestRemote(t, location.Settings{URL: host.Repository()}), facts)
		is.Equal(from.Tip(), tip)
		is.Equal(from.Facts().Version, protocol.V0)
	})
	t.Run("a pinned commit's host speaks version 0 now", func(t *testing.T) {
		is := is.New(t)
		host := githost.ServeHTTP(t, repository, githost.HTTPOptions{V0: true})
		from := openSession(t, newTestRemote(t, location.Settings{URL: host.Repository(), Ref: tip.String()}), facts)
		is.Equal(unpackedCount(t, from, tip), 3)
	})
	t.Run("the address moved back", func(t *testing.T) {
		is := is.New(t)
		host := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
		moved := facts
		moved.Moved = true
		from := openSession(t, newTestRemote(t, location.Settings{URL: host.Repository()}), moved)
		is.Equal(from.Tip(), tip)
		is.True(!from.Facts().Moved)
	})
	repository.Git("config", "uploadpack.allowFilter", "false")
	t.Run("the host has no filter now", func(t *testing.T) {
		is := is.New(t)
		from := openSession(t, newTestRemote(t, location.Settings{URL: githost.ServeHTTP(t, repository, githost.HTTPOptions{}).Repository()}), facts)
		is.True(from.Filters())
		kinds := fetchAll(t, from, protocol.Request{Wants: []object.ID{tip}, Shallow: true, Filter: "blob:none"})
		is.Equal(len(kinds), 3)
		is.Equal(from.Filters(), false)
	})
}

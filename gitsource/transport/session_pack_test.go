package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/protocol"
)

func TestAPackThatIsCutShortOrStopsIsAFailure(t *testing.T) {
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", strings.Repeat("a", 1<<20))
	tests := map[string]struct {
		// hangs tells that the host neither sends more nor ends its answer.
		hangs bool
		code  actors.Code
	}{
		"cut short": {false, actors.CodeProtocol},
		"stopped":   {true, actors.CodeTimeout},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			through := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
			host := githost.ServeHTTP(t, repository, githost.HTTPOptions{Instead: func(w http.ResponseWriter, q *http.Request) bool {
				answer := githost.Forward(through, q)
				content := answer.Body.Bytes()
				pack := bytes.Index(content, []byte("PACK"))
				w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
				if pack < 0 {
					_, _ = w.Write(content)
					return true
				}
				_, _ = w.Write(content[:pack+20])
				_ = http.NewResponseController(w).Flush()
				if test.hangs {
					<-q.Context().Done()
				}
				return true
			}})
			from := openSession(t, newTestRemote(t, location.Settings{URL: host.Repository()}), protocol.Facts{})
			pack, err := from.Fetch(ctx, protocol.Request{Wants: []object.ID{tip}, Shallow: true})
			is.NoErr(err)
			_, err = io.ReadFull(pack, make([]byte, len("PACK")))
			is.NoErr(err)
			if test.hangs {
				cancel()
			}
			_, err = io.ReadAll(pack)
			var failure *actors.Failure
			is.True(errors.As(err, &failure)) // as the session promises
			is.Equal(failure.Code, test.code)
			is.NoErr(pack.Close())
		})
	}
}

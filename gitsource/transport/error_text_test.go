package transport

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/fault"
)

// What a host says of an error is read to 64 KiB, however it says it.

// countedBody is a body without end that knows how much of it was read.
type countedBody struct{ read int }

// Read implements io.Reader.
func (b *countedBody) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = 'x'
	}
	b.read += len(into)
	return len(into), nil
}

// Close implements io.Closer.
func (*countedBody) Close() error { return nil }

func TestAnErrorBodyIsReadTo64KiBAndNotPast(t *testing.T) {
	is := is.New(t)
	w := &httpWire{redact: func(text string) string { return text }}
	said := &countedBody{}
	asked := httptest.NewRequest(http.MethodGet, "https://git.example.com/stacks/info/refs", nil)
	response := &http.Response{Request: asked, Header: http.Header{"Content-Type": {"text/plain"}}, Body: said}
	text := w.errorText(response)
	is.True(strings.HasPrefix(text, ": xxx"))
	is.True(said.read > fault.MaxText) // enough to be told
	is.True(said.read <= 64<<10+1)

	page := &countedBody{}
	response = &http.Response{Request: asked, Header: http.Header{"Content-Type": {"text/html"}}, Body: page}
	is.Equal(w.errorText(response), "")
	is.Equal(page.read, 0) // nothing of a page is shown, so nothing of it is read
}

// The standard error of an SSH session is taken to its end, for the host would wait otherwise, and kept to 64 KiB. It
// comes as x/crypto/ssh copies it, which asks what it copies to for more than Write.
func TestTheStandardErrorOfAnSSHHostIsKeptTo64KiBAndNotPast(t *testing.T) {
	is := is.New(t)
	kept := &limitedBuffer{}
	const begin, size = "ERROR: access denied\n", 2 << 20
	n, err := io.Copy(kept, io.MultiReader(strings.NewReader(begin), io.LimitReader(&countedBody{}, size)))
	is.NoErr(err)
	is.Equal(n, int64(len(begin)+size)) // less would end the copying, and with it the reading
	is.True(strings.HasPrefix(kept.kept.String(), begin))
	is.Equal(kept.kept.Len(), 64<<10)
	is.True(kept.kept.Cap() <= 256<<10) // nor is more of it held
	for _, size := range []int{1, 1000, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1 << 20} {
		kept := &limitedBuffer{}
		for range (2<<20)/size + 1 {
			n, err := kept.Write(bytes.Repeat([]byte("x"), size))
			is.NoErr(err)
			is.Equal(n, size)
		}
		is.Equal(kept.kept.Len(), 64<<10)
	}
}

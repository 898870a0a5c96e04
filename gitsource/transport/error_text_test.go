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

// At most 64 KiB of an error message of a host are read, in whatever form it comes.

// countedBody is an endless body that counts the bytes that were read.
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
	text := w.errorText(response, readText(response))
	is.True(strings.HasPrefix(text, ": xxx"))
	is.True(said.read > fault.MaxText) // enough to be shown
	is.True(said.read <= 64<<10+1)

	page := &countedBody{}
	response = &http.Response{StatusCode: 403, Request: asked, Header: http.Header{"Content-Type": {"text/html"}}, Body: page}
	is.Equal(w.errorText(response, readText(response)), "")
	is.Equal(page.read, 0) // nothing of a page is shown, so nothing of it is read
}

// The standard error of an SSH session is read to its end, because the host would wait otherwise, and 64 KiB of it are
// kept. x/crypto/ssh copies it by io.Copy, which may call other methods than Write.
func TestTheStandardErrorOfAnSSHHostIsKeptTo64KiBAndNotPast(t *testing.T) {
	is := is.New(t)
	kept := &limitedBuffer{}
	const begin, size = "ERROR: access denied\n", 2 << 20
	n, err := io.Copy(kept, io.MultiReader(strings.NewReader(begin), io.LimitReader(&countedBody{}, size)))
	is.NoErr(err)
	is.Equal(n, int64(len(begin)+size)) // a smaller number would end the copying
	is.True(strings.HasPrefix(kept.kept.String(), begin))
	is.Equal(kept.kept.Len(), 64<<10)
	is.True(kept.kept.Cap() <= 256<<10) // the buffer does not grow with the text
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

// Many hosts repeat the status in the body.
func TestAStatusIsToldOnce(t *testing.T) {
	is := is.New(t)
	for said, want := range map[string]string{
		"403 Forbidden": "", "403 forbidden\n": "", "Forbidden": "", "Forbidden.": "", "403: no key": "no key",
		"403 Forbidden: no key": "no key", "Forbidden - no key": "no key", "4031 is not free": "4031 is not free",
		"Forbidden fruit": "Forbidden fruit", "error: Forbidden": "", "no key": "no key", "": "",
	} {
		is.Equal(withoutStatus(http.StatusForbidden, fault.Said(said)), want)
	}
	is.Equal(withoutStatus(http.StatusNotFound, "404 page not found"), "page not found")
	is.Equal(withoutStatus(599, "odd"), "odd")
}

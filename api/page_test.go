package api

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

func TestPageIsHTMLWithItsPolicy(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	r := s.do("GET", "/", "")
	is.Equal(r.status, http.StatusOK)
	is.Equal(r.header.Get("Content-Type"), "text/html; charset=utf-8")
	is.Equal(r.header.Get("Cache-Control"), "no-store")
	is.Equal(r.header.Get("Referrer-Policy"), "same-origin")
	is.Equal(r.header.Get("Content-Security-Policy"), s.server.page.Policy())
	is.True(strings.Contains(r.body, ">Reading Git for the first time</h1>"))
	s.Refreshed(apitest.RevisionA, "apps/web")
	is.True(strings.Contains(s.do("GET", "/?show=synced", "").body, ">No stack matches.</p>"))
	s.stopActor()
	s.refuses(s.do("GET", "/", ""), http.StatusServiceUnavailable, codeShuttingDown)
}

func TestPageIsCompressedWhereThatIsAccepted(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "apps/web")
	plain := s.do("GET", "/", "")
	is.Equal(plain.header.Get("Content-Encoding"), "")
	is.Equal(plain.header.Get("Vary"), "Accept-Encoding")
	packed := s.do("GET", "/", "", "Accept-Encoding: gzip")
	is.Equal(packed.header.Get("Content-Encoding"), "gzip")
	is.True(len(packed.body) < len(plain.body)/2)
	reader, err := gzip.NewReader(strings.NewReader(packed.body))
	is.NoErr(err)
	content, err := io.ReadAll(reader)
	is.NoErr(err)
	is.True(strings.Contains(string(content), ">apps/web<"))
}

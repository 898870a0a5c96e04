package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"
)

//go:embed page/page.html
var pageSource string

//go:embed page/style.css
var pageStyle string

//go:embed page/script
var pageScripts embed.FS

//go:embed page/icon.svg
var pageIcon string

// pageScript returns the page's one script, put together from its parts. The page as the server sends it is complete;
// the script keeps it so: it follows the state over the JSON API, filters without asking the server, and tells ages
// instead of times. All text goes in as text, never as markup.
func pageScript() string {
	script := "(() => {\n'use strict';\n"
	for _, part := range []string{"text", "stacks", "state", "refreshes", "follow", "acts", "start"} {
		content, err := pageScripts.ReadFile("page/script/" + part + ".js")
		if err != nil {
			panic(err) // the parts are embedded: one that is not there is a mistake of this list
		}
		script += string(content)
	}
	return script + "})();\n"
}

// newPage returns the template of the page and its Content-Security-Policy (Content Security Policy Level 3, Trusted
// Types): the browser uses the page's own style and script, known by their hashes, talks with this service alone, and
// lets no script turn text into markup.
func newPage() (*template.Template, string) {
	script := pageScript()
	page := template.New("page").Funcs(pageFunctions()).Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(pageStyle) },
		"script": func() template.JS { return template.JS(script) },
		"icon":   pageIconURL,
	})
	return template.Must(page.Parse(pageSource)), strings.Join([]string{
		"default-src 'none'",
		"script-src " + sourceHash(script),
		"style-src " + sourceHash(pageStyle),
		"img-src data:",
		"connect-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	}, "; ")
}

// sourceHash names an inline style or script in a policy.
func sourceHash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// pageIconURL is the icon as a data: URL, so that a browser asks for no /favicon.ico.
func pageIconURL() template.URL {
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(pageIcon)))
}

// getPage answers GET /: the status page, as it stands at this moment. The query is that of the page's own form; what
// it does not understand it takes for not given, since a person is reading.
func (s *Server) getPage(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	view, err := s.actor.View(r.Context())
	if err != nil {
		return err
	}
	state := newPageState(view, newPageSelection(r.URL.Query()), time.Now())
	var body bytes.Buffer
	if err := s.page.Execute(&body, state); err != nil {
		return fmt.Errorf("execute the page's template: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", s.policy)
	// Other sites learn nothing. This one must: without a referrer browsers send "Origin: null" with a form, and the
	// check for other sites' pages would take the Refresh button for one of theirs.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header) {
		header.Set("Content-Encoding", "gzip")
		body = compressPage(body.Bytes())
	}
	write(w, http.StatusOK, body.Bytes())
	return nil
}

func compressPage(page []byte) (compressed bytes.Buffer) {
	w, _ := gzip.NewWriterLevel(&compressed, gzip.BestSpeed) // fails for unknown levels alone
	_, _ = w.Write(page)                                     // a buffer takes all
	_ = w.Close()
	return compressed
}

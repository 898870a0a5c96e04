// Package page renders the status page: one HTML document with its style and script inside. The page is complete
// without the script. The script then follows the state over the JSON API, filters without asking the server, and shows
// ages instead of times. It uses the same phrases as the server, which writes the shared ones into the page (words.go).
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"mooring/actors"
)

//go:embed page.html
var markup string

//go:embed style.css
var style string

//go:embed script
var scripts embed.FS

//go:embed icon.svg
var icon string

// Page is the status page, ready to be rendered. It is immutable, so any number of goroutines may use it.
type Page struct {
	template *template.Template
	policy   string
}

// New returns the page. It panics when the embedded files are not what this package expects.
func New() *Page {
	script := joinScripts()
	parsed := template.New("page").Funcs(functions()).Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(style) },
		"script": func() template.JS { return template.JS(script) },
		"icon":   iconURL,
	})
	return &Page{template.Must(parsed.Parse(markup)), newPolicy(script)}
}

// Render returns the page in UTF-8 for a view and a moment. The query is that of the page's own form: show, q and rows.
// Render ignores wrong values in it, because a person reads the page. An error is a fault of the page itself.
func (p *Page) Render(view actors.View, query url.Values, now time.Time) ([]byte, error) {
	var rendered bytes.Buffer
	if err := p.template.Execute(&rendered, newState(view, newSelection(query), now)); err != nil {
		return nil, fmt.Errorf("execute the page's template: %w", err)
	}
	return rendered.Bytes(), nil
}

// Policy returns the page's Content-Security-Policy (Content Security Policy Level 3, Trusted Types): the browser
// accepts only the page's own style and script, by their hashes, talks to this service alone, and lets no script turn
// text into markup.
func (p *Page) Policy() string { return p.policy }

func newPolicy(script string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src " + sourceHash(script),
		"style-src " + sourceHash(style),
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

// joinScripts returns the page's script, which consists of several files. The script writes all text as text, never as
// markup.
func joinScripts() string {
	joined := "(() => {\n'use strict';\n"
	for _, part := range []string{"text", "stacks", "state", "held", "refreshes", "follow", "contents", "acts", "release", "start"} {
		content, err := scripts.ReadFile("script/" + part + ".js")
		if err != nil {
			panic(err) // the list above names a part that is not embedded
		}
		joined += string(content)
	}
	return joined + "})();\n"
}

// iconURL is the icon as a data: URL, so that a browser asks for no /favicon.ico.
func iconURL() template.URL {
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(icon)))
}

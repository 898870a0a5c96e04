package githost

import (
	"path/filepath"
	"testing"

	"mooring/gitsource/object"
)

// Hosted is a bare repository that a host serves over HTTP.
type Hosted struct {
	*Bare
	// HTTP is the host.
	HTTP *HTTPHost
	// URL is the repository's.
	URL string
}

// Host makes a repository of a history and serves it over HTTP. Its ids are SHA-1.
func Host(t *testing.T, options HTTPOptions, h History) Hosted {
	t.Helper()
	return HostOf(t, object.SHA1, options, h)
}

// HostOf is Host for ids of any format.
func HostOf(t *testing.T, format object.Format, options HTTPOptions, h History) Hosted {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stacks")
	r := Hosted{Bare: ImportOf(t, format, dir, h)}
	r.HTTP = ServeHTTP(t, At(t, dir), options)
	r.URL = r.HTTP.Repository()
	return r
}

// Configure sets a variable of the repository's configuration.
func (r *Bare) Configure(t Fatal, name, value string) {
	Git(t, r.Dir, nil, "config", name, value)
}

// WithoutFilter makes a host neither leave out blobs nor send single objects.
func (r *Bare) WithoutFilter(t Fatal) {
	r.Configure(t, "uploadpack.allowFilter", "false")
	r.Configure(t, "uploadpack.allowAnySHA1InWant", "false")
}

// Posts counts the requests since the last call, without greetings.
func (r Hosted) Posts() int {
	count := 0
	for _, request := range r.HTTP.Saw() {
		if request.Method == "POST" {
			count++
		}
	}
	return count
}

// Chain makes a history in which each layout is a commit on the one before.
func Chain(layouts ...Layout) History {
	h := History{{Layout: layouts[0]}}
	for i, l := range layouts[1:] {
		h = append(h, Commit{Layout: l, Parents: []int{i}})
	}
	return h
}

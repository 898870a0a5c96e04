package gitsource

import (
	"strings"
	"testing"
	"unicode"

	"mooring/gitsource/location"
)

// FuzzSettings checks any settings. Accepted settings must lead to the place that they name. The error of refused ones
// must begin with the variable.
func FuzzSettings(f *testing.F) {
	f.Add("https://alice:p%40ss@git.example.com:8443/a/b.git", "main", "deploy/live", "a.yml,b.yml", "alice")
	f.Add("git@[::1]:~alice/stacks", "refs/pull/1/head", ".", "docker-compose.yml", "")
	f.Add("ssh://git@host/~/x", "", "./a/../b/", " a , b ", "x")
	f.Add("file:///srv/git", "0123456789012345678901234567890123456789", "/", "", "a:b")
	f.Add("../stacks", "a..b", "..", "a/b", "\n")
	f.Fuzz(func(t *testing.T, address, ref, dir, names, user string) {
		s := Settings{URL: address, Ref: ref, DeployDir: dir, ComposeFiles: strings.Split(names, ","), Username: user}
		if err := s.Validate(); err != nil {
			variable, _, _ := strings.Cut(err.Error(), " ")
			if !strings.HasPrefix(variable, "GIT_") && variable != "COMPOSE_FILES" {
				t.Fatalf("the error names no variable: %v", err)
			}
			return
		}
		if d := s.rules().DeployDir; d != "." && (strings.HasPrefix(d, "/") || strings.Contains("/"+d+"/", "/../") || d == "") {
			t.Fatalf("the deploy directory %q is outside", d)
		}
		for _, name := range s.composeNames() {
			if name == "" || strings.ContainsAny(name, "/\x00\n") || name == ".." {
				t.Fatalf("%q is no file name", name)
			}
		}
		at, err := location.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		checkDisplay(t, at)
	})
}

// checkDisplay checks that the shown form of an address is the same place without credentials.
func checkDisplay(t *testing.T, at location.Endpoint) {
	shown := at.Display()
	if strings.ContainsFunc(shown, unicode.IsControl) {
		t.Fatalf("%q is shown", shown)
	}
	if !at.IsHTTP() {
		return // a path is shown as a person reads it, not as a URL
	}
	again, err := location.Parse(shown)
	if err != nil || again != (location.Endpoint{Scheme: at.Scheme, Host: at.Host, Path: at.Path}) {
		t.Fatalf("%+v is shown as %q, which is %+v: %v", at, shown, again, err)
	}
}

package gitsource

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/checkout"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// stackFiles is a commit with all kinds of files.
func stackFiles() githost.Layout {
	return githost.SomeStacks(20).With(githost.Layout{
		"web/docker-compose.yml": githost.File("services: {}\n"), "web/.env": githost.File("A=1\n"),
		"web/conf/app.conf": githost.File("x"), "web/bin/run": githost.Executable("#!/bin/sh\n"),
		"web/link": githost.Link("../shared/base.yml"), "web/sub": githost.Submodule(),
		"shared/base.yml": githost.File(strings.Repeat("large ", 30_000)), "README.md": githost.File("not below the stack"),
	})
}

// fileWays are the ways in which a repository is served, by name. Each makes a repository and gives its URL.
func fileWays() map[string]func(*testing.T, githost.History) (*githost.Bare, string) {
	hosted := func(options githost.HTTPOptions, filter bool) func(*testing.T, githost.History) (*githost.Bare, string) {
		return func(t *testing.T, h githost.History) (*githost.Bare, string) {
			r := githost.Host(t, options, h)
			if !filter {
				r.WithoutFilter(t)
			}
			return r.Bare, r.URL
		}
	}
	at := func(serve func(*testing.T, *githost.Repository) string) func(*testing.T, githost.History) (*githost.Bare, string) {
		return func(t *testing.T, h githost.History) (*githost.Bare, string) {
			r := githost.Import(t, filepath.Join(t.TempDir(), "stacks"), h)
			return r, serve(t, githost.At(t, r.Dir))
		}
	}
	return map[string]func(*testing.T, githost.History) (*githost.Bare, string){
		"HTTP":                   hosted(githost.HTTPOptions{}, true),
		"HTTP without filter":    hosted(githost.HTTPOptions{}, false),
		"HTTP 0":                 hosted(githost.HTTPOptions{V0: true}, true),
		"HTTP 0 without filter":  hosted(githost.HTTPOptions{V0: true}, false),
		"git":                    at(func(t *testing.T, r *githost.Repository) string { return githost.ServeGit(t, r, false) }),
		"git 0":                  at(func(t *testing.T, r *githost.Repository) string { return githost.ServeGit(t, r, true) }),
		"git, one pack a stream": at(func(t *testing.T, r *githost.Repository) string { return githost.ServeOnePack(t, r.Dir) }),
		"in place":               at(func(_ *testing.T, r *githost.Repository) string { return r.Dir }),
	}
}

// readAll reads all files of a commit through a Files.
func readAll(t *testing.T, c *Commit) githost.Layout {
	t.Helper()
	is := is.New(t)
	files, err := c.Under(t.Context(), ".")
	is.NoErr(err)
	modes := map[checkout.Mode]string{checkout.Regular: "100644", checkout.Executable: "100755", checkout.Link: "120000"}
	contents := map[string]string{}
	var ids []string
	for _, file := range files {
		if !slices.Contains(ids, file.ID) {
			ids = append(ids, file.ID)
		}
	}
	is.NoErr(c.Blobs(t.Context(), ids, func(id string, content []byte) error {
		_, twice := contents[id]
		is.True(!twice) // each once
		contents[id] = string(content)
		return nil
	}))
	layout := githost.Layout{}
	for _, file := range files {
		layout[file.Path] = githost.Entry{Mode: modes[file.Mode], Data: contents[file.ID]}
	}
	return layout
}

func TestTheFilesOfEachCommitAreThoseThatGitHas(t *testing.T) {
	first := stackFiles()
	second := first.With(githost.Layout{
		"web/conf/app.conf": githost.File("y"), "web/bin/run": githost.File("#!/bin/sh\n"), "web/new/deep/file": githost.File("new"),
		"web/link": {}, "shared/base.yml": githost.File("small"),
	})
	for name, way := range fileWays() {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r, url := way(t, githost.Chain(first, second, first))
			source := newTestSource(t, url)
			files := source.Files()
			var state actors.DesiredState
			for _, number := range []int{0, 1, 2, 1, 0} {
				r.MoveMain(t, r.Commits[number])
				var err error
				state, err = source.Fetch(t.Context(), state)
				is.NoErr(err)
				commit, err := files.Open(t.Context(), state)
				is.NoErr(err)
				want := readCommit(t, r.Dir, r.Commits[number])
				delete(want, "web/sub")
				is.Equal(readAll(t, commit), want)

				web, err := commit.Under(t.Context(), "web/conf")
				is.NoErr(err)
				is.Equal(len(web), 1)
				is.Equal(web[0].Path, "web/conf/app.conf")
				content, err := commit.Read(t.Context(), "web/conf/app.conf")
				is.NoErr(err)
				is.Equal(string(content), want["web/conf/app.conf"].Data)
				_, err = commit.Entry(t.Context(), "web/none")
				is.True(errors.Is(err, fs.ErrNotExist))
				_, err = commit.Entry(t.Context(), "README.md/x")
				is.True(errors.Is(err, fs.ErrNotExist))
				entry, err := commit.Entry(t.Context(), "web/sub")
				is.NoErr(err)
				is.Equal(entry.Mode, object.ModeOther)
				commit.Close()
			}
		})
	}
}

func TestAChangedFileAmongManyTakesTwoRequests(t *testing.T) {
	is := is.New(t)
	first := githost.SomeStacks(200)
	second := first.With(githost.Layout{"hosts/h1/s10/app.env": githost.File("A=1\n")})
	r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(first, second))
	source := newTestSource(t, r.URL)
	files := source.Files()
	state := fetchOK(t, r, source, 0, actors.DesiredState{})
	r.Posts()
	commit, err := files.Open(t.Context(), state)
	is.NoErr(err)
	is.Equal(r.Posts(), 1) // all trees
	is.NoErr(commit.Prefetch(t.Context(), []string{"hosts/h1/s10", "hosts/h1/s11", "none"}))
	is.Equal(r.Posts(), 1) // the files of both stacks
	_, err = commit.Read(t.Context(), "hosts/h1/s10/docker-compose.yml")
	is.NoErr(err)
	is.Equal(r.Posts(), 0)
	commit.Close()

	state = fetchOK(t, r, source, 1, state)
	r.Posts()
	commit, err = files.Open(t.Context(), state)
	is.NoErr(err)
	found, err := commit.Under(t.Context(), "hosts/h1/s10")
	is.NoErr(err)
	is.Equal(len(found), 3)
	is.NoErr(commit.Prefetch(t.Context(), []string{"hosts/h1/s10"}))
	is.Equal(r.Posts(), 2) // the trees that changed, and what is wanted
	commit.Close()
	commit, err = files.Open(t.Context(), state)
	is.NoErr(err)
	is.Equal(r.Posts(), 0) // the same commit again
	commit.Close()
}

func TestACommitThatTheHostHasNoMoreIsAFailure(t *testing.T) {
	is := is.New(t)
	r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(stackFiles()))
	source := newTestSource(t, r.URL)
	state := fetchOK(t, r, source, 0, actors.DesiredState{})
	is.NoErr(os.RemoveAll(r.Dir))
	githost.Import(t, r.Dir, githost.Chain(githost.SomeStacks(3))) // another one under the same URL
	_, err := source.Files().Open(t.Context(), state)
	var failure *actors.Failure
	is.True(errors.As(err, &failure))
	is.Equal(failure.Code, actors.CodeRefNotFound)
}

func TestAFileThatIsTooLargeIsToldByItsID(t *testing.T) {
	for _, name := range []string{"HTTP", "in place"} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, url := fileWays()[name](t, githost.Chain(githost.Layout{
				"a/docker-compose.yml": githost.File(""), "a/large": githost.File(strings.Repeat("large", 1000)),
			}))
			source := newTestSource(t, url)
			state, err := source.Fetch(t.Context(), actors.DesiredState{})
			is.NoErr(err)
			files := source.Files()
			files.largest = 4999
			commit, err := files.Open(t.Context(), state)
			is.NoErr(err)
			defer commit.Close()
			entry, err := commit.Entry(t.Context(), "a/large")
			is.NoErr(err)
			_, err = commit.Read(t.Context(), "a/large")
			var large *checkout.TooLarge
			is.True(errors.As(err, &large))
			is.Equal(large.ID, entry.ID)
			is.Equal(large.Limit, int64(4999))
			files.largest++
			content, err := commit.Read(t.Context(), "a/large")
			is.NoErr(err)
			is.Equal(len(content), 5000)
		})
	}
}

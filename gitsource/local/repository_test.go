package local

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/tablemaker"
)

// localTip is the commit of a ref of a repository on this machine.
func localTip(t *testing.T, dir, ref string) (object.ID, error) {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		return object.ID{}, err
	}
	defer r.Close()
	tip, err := r.Tip(location.ParseRef(ref), object.Tip{})
	return tip.Commit, err
}

func TestALocalRefIsResolvedAsAHostResolvesIt(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		r := githost.NewOf(t, format)
		first := r.Commit("a/docker-compose.yml", "1").String()
		r.Git("tag", "light")
		r.Git("tag", "--annotate", "--message=x", "annotated")
		r.Git("tag", "--annotate", "--message=x", "nested", "annotated")
		r.Git("tag", "both")
		r.Git("branch", "old")
		r.Git("tag", "blob", "HEAD:a/docker-compose.yml")
		r.Git("tag", "--annotate", "--message=x", "tree", "HEAD:a")
		second := r.Commit("a/docker-compose.yml", "2").String()
		r.Git("branch", "both")
		r.Git("update-ref", "refs/pull/1/head", first)
		r.Git("symbolic-ref", "refs/heads/alias", "refs/heads/old")
		annotated := r.Git("rev-parse", "refs/tags/annotated")
		wants := map[string]string{
			"": second, "HEAD": second, "main": second, "refs/heads/main": second, "old": first, "light": first,
			"annotated": first, "nested": first, "refs/tags/annotated": first, "both": second, "refs/tags/both": first,
			"refs/pull/1/head": first, first: first, strings.ToUpper(first): first, annotated: first, "alias": first,
		}
		refuse := map[string]actors.Code{
			"missing": actors.CodeRefNotFound, "refs/heads/light": actors.CodeRefNotFound,
			strings.Repeat("1", 40): actors.CodeRefNotFound, "blob": actors.CodeRefNotFound, "tree": actors.CodeRefNotFound,
		}
		for _, next := range []func(){
			func() { r.Git("gc", "--quiet") },
			func() { githost.ToReftables(t, filepath.Join(r.Dir, ".git"), tablemaker.Git(format.Size())) },
			func() {},
		} {
			for ref, want := range wants {
				is := is.New(t)
				tip, err := localTip(t, r.Dir, ref)
				is.NoErr(err)
				is.Equal(tip.String(), want)
			}
			for ref, code := range refuse {
				is := is.New(t)
				_, err := localTip(t, r.Dir, ref)
				is.Equal(fault.Of(err).Code, code)
			}
			next() // in files, then packed, then in tables
		}
	})
}

// packed-refs may have an older value of a ref. If the ref's own file cannot be read, that value must not be used.
func TestALooseRefThatCannotBeReadHidesNoOlderOne(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		r := githost.NewOf(t, format)
		r.Commit("a/docker-compose.yml", "1")
		r.Git("pack-refs", "--all")
		r.Commit("a/docker-compose.yml", "2")
		branch := r.Git("symbolic-ref", "HEAD")
		file := filepath.Join(r.Dir, ".git", filepath.FromSlash(branch))
		for name, spoil := range map[string]func() error{
			"empty":      func() error { return os.WriteFile(file, nil, 0o600) },
			"unreadable": func() error { return os.Symlink(file, file) },
		} {
			t.Run(name, func(t *testing.T) {
				is := is.New(t)
				is.NoErr(errors.Join(os.Remove(file), spoil()))
				for _, ref := range []string{"", branch} {
					_, err := localTip(t, r.Dir, ref)
					is.Equal(fault.Of(err).Code, actors.CodeProtocol)
				}
			})
		}
	})
}

func TestConfigurationThatOnlyWritersUseDoesNotMatter(t *testing.T) {
	is := is.New(t)
	r := githost.New(t)
	tip := r.Commit("a/docker-compose.yml", "1")
	for name, value := range map[string]string{
		"branch.x.merge": "refs/pull/12/head", "branch.x.rebase": "merges", "remote.x.fetch": "^refs/heads/y",
		"remote.y.fetch": "refs/heads/main", "pack.window": "1k",
	} {
		r.Git("config", name, value)
	}
	found, err := localTip(t, r.Dir, "")
	is.NoErr(err)
	is.Equal(found, tip)
}

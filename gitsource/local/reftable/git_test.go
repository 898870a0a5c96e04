package reftable

import (
	"bufio"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
)

// expected is what git 2.55.0 says of the archive's repositories: "NAME ID" for HEAD, and "NAME:REF ID" for other refs.
func expected(t *testing.T, dir string) map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "expected.txt"))
	is.New(t).NoErr(err)
	defer file.Close()
	says := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		what, id, _ := strings.Cut(lines.Text(), " ")
		says[what] = id
	}
	return says
}

// refsOf are the refs of one of the archive's repositories.
func refsOf(dir, name string) Refs {
	size := sizeOfSHA1
	if strings.Contains(name, "sha256") {
		size = sizeOfSHA256
	}
	gitDir := filepath.Join(dir, name, ".git")
	if main, isLinked := strings.CutSuffix(name, "-worktree"); isLinked {
		common := filepath.Join(dir, main, ".git")
		return New(filepath.Join(common, "worktrees", name), common, size)
	}
	return New(gitDir, gitDir, size)
}

func TestRefsAreWhatGitSaysOfRepositoriesThatItMade(t *testing.T) {
	dir := githost.Unpack(t, "testdata/reftable.tgz")
	says, count := expected(t, dir), 0
	for what, want := range says {
		name, ref, isRef := strings.Cut(what, ":")
		if strings.Contains(ref, "/") || strings.Contains(ref, "^") {
			continue // a file, or the commit of a tag
		}
		if ref = "refs/heads/" + ref; !isRef {
			ref = "HEAD"
		}
		is := is.New(t)
		id, err := refsOf(dir, name).Resolve(ref)
		is.NoErr(err)
		if want == "none" {
			want = ""
		}
		is.Equal(hex.EncodeToString(id), want)
		count++
	}
	is.New(t).Equal(count, 16) // each line was looked at
}

func TestEachOfManyRefsThatGitPackedIsFound(t *testing.T) {
	dir := githost.Unpack(t, "testdata/reftable.tgz")
	for _, name := range []string{"many-sha1", "many-sha256"} {
		is := is.New(t)
		s, err := refsOf(dir, name).stacks()
		is.NoErr(err)
		count := 0
		is.NoErr(s.own.read(s.own.tables[0], func(t *table) error {
			is.True(t.refIndex > 0)
			return t.each(func(r record) (bool, error) {
				count++
				found, ok, err := t.find(string(r.name))
				is.NoErr(err)
				is.True(ok)
				is.Equal(found, r.value)
				_, ok, err = t.find(string(r.name) + "x")
				is.NoErr(err)
				is.True(!ok)
				return true, nil
			})
		}))
		is.True(count >= 3000)
		for _, ref := range []string{"refs/pull/0/head", "refs/pull/1", "refs/zzz", "", "A"} {
			id, err := refsOf(dir, name).Resolve(ref)
			is.NoErr(err)
			is.Equal(len(id), 0)
		}
	}
}

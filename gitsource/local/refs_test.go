package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

func TestSymbolicRefsAreFollowedAsFarAsGitFollowsThem(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		r := githost.NewOf(t, format)
		tip := r.Commit("a/docker-compose.yml", "1")
		for i := range maxSymbolic + 1 {
			target := "refs/heads/main"
			if i > 0 {
				target = fmt.Sprint("refs/links/", i-1)
			}
			r.Git("symbolic-ref", fmt.Sprint("refs/links/", i), target)
			is := is.New(t)
			found, err := localTip(t, r.Dir, fmt.Sprint("refs/links/", i))
			if i >= maxSymbolic {
				is.Equal(fault.Of(err).Code, actors.CodeProtocol)
				_, err := exec.CommandContext(t.Context(), "git", "-C", r.Dir, "rev-parse", "--verify", fmt.Sprint("refs/links/", i)).Output()
				is.True(err != nil) // git refuses it too
				continue
			}
			is.NoErr(err)
			is.Equal(found, tip)
			r.Git("rev-parse", "--verify", fmt.Sprint("refs/links/", i))
		}
		for content, code := range map[string]actors.Code{
			"ref: refs/heads/gone\n":         actors.CodeRefNotFound,
			"ref: HEAD":                      actors.CodeProtocol,
			"ref:refs/heads/main":            "",
			"ref: ../../outside":             actors.CodeProtocol,
			"ref: " + r.Dir + "/.git/config": actors.CodeProtocol,
			"ref:":                           actors.CodeProtocol,
			tip.String()[1:]:                 actors.CodeProtocol,
			strings.ToUpper(tip.String()):    "",
			githost.SomeIDOf(1 - format):     actors.CodeProtocol,
		} {
			is := is.New(t)
			is.NoErr(os.WriteFile(filepath.Join(r.Dir, ".git", "HEAD"), []byte(content), 0o600))
			found, err := localTip(t, r.Dir, "")
			if code == "" {
				is.NoErr(err)
				is.Equal(found, tip)
				continue
			}
			is.Equal(fault.Of(err).Code, code)
			is.True(!strings.Contains(fault.Of(err).Message, r.Dir))
		}
	})
}

func TestALinkedWorktreeHasSomeRefsOfItsOwn(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		r := githost.NewOf(t, format)
		first := r.Commit("a/docker-compose.yml", "1")
		second := r.Commit("a/docker-compose.yml", "2")
		linked := filepath.Join(filepath.Dir(r.Dir), "linked")
		r.Git("worktree", "add", "--quiet", "--detach", linked, first.String())
		r.Git("update-ref", "refs/worktree/own", second.String())
		r.Git("-C", linked, "update-ref", "refs/worktree/own", first.String())
		r.Git("pack-refs", "--all")
		for ref, want := range map[string][2]object.ID{
			"": {second, first}, "main": {second, second}, "refs/worktree/own": {second, first},
		} {
			for i, dir := range []string{r.Dir, linked} {
				found, err := localTip(t, dir, ref)
				is.NoErr(err)
				is.Equal(found, want[i])
			}
		}
	})
}

// FuzzPackedRefs reads a ref from any packed-refs. It comes to the id of a line with its name, or to none.
func FuzzPackedRefs(f *testing.F) {
	for _, format := range githost.Formats() {
		id := githost.SomeIDOf(format)
		f.Add(format == object.SHA256, "# pack-refs with: peeled fully-peeled sorted \n"+id+" refs/heads/main\n^"+id+"\n")
		f.Add(format == object.SHA256, id+" refs/heads/x refs/heads/main\n"+id[1:]+" refs/heads/main")
	}
	f.Add(false, " refs/heads/main\n# refs/heads/main\n^ refs/heads/main")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, isSHA256 bool, content string) {
		format := object.SHA1
		if isSHA256 {
			format = object.SHA256
		}
		if err := os.WriteFile(filepath.Join(dir, "packed-refs"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		id, found, err := refFiles{at: gitDirs{dir, dir}, format: format}.id("refs/heads/main")
		line := strings.ToLower(id.String()) + " refs/heads/main"
		if id.IsZero() {
			line = " refs/heads/main"
		}
		if found && (err != nil || !strings.Contains(strings.ToLower(content), line)) {
			t.Fatalf("%q has %s: %v", content, id, err)
		}
	})
}

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
)

// A container often has the checkout and not the repository that this one needs. The sentence must say which it is.
func TestACheckoutWithoutItsRepositorySaysWhatToMount(t *testing.T) {
	r := githost.New(t)
	r.Commit("sub/docker-compose.yml", "1")
	root := filepath.Dir(r.Dir)
	linked, separate := filepath.Join(root, "linked"), filepath.Join(root, "separate")
	r.Git("worktree", "add", "--quiet", "--detach", linked)
	r.Git("clone", "--quiet", "--separate-git-dir", filepath.Join(root, "elsewhere"), r.Dir, separate)
	objects := filepath.Join(r.Dir, ".git", "objects")
	for _, c := range []struct{ checkout, gone, says string }{
		{linked, r.Dir, "linked worktree"},
		{linked, objects, "linked worktree"},
		{separate, filepath.Join(root, "elsewhere"), "its file .git names a directory that is not there"},
	} {
		is := is.New(t)
		is.NoErr(os.Rename(c.gone, c.gone+".away"))
		for _, path := range []string{c.checkout, filepath.Join(c.checkout, ".git")} {
			_, err := Open(path)
			is.Equal(fault.Of(err).Code, actors.CodeNotFound)
			is.True(strings.Contains(fault.Of(err).Message, c.says))
			is.True(strings.Contains(fault.Of(err).Message, "mount"))
			is.True(!strings.Contains(fault.Of(err).Message, root))
		}
		is.NoErr(os.Rename(c.gone+".away", c.gone))
		_, err := Open(c.checkout)
		is.NoErr(err)
	}
}

// A repository further up is the wrong one.
func TestASearchEndsAtAFileThatLeadsNowhere(t *testing.T) {
	r := githost.New(t)
	r.Commit("sub/docker-compose.yml", "1")
	sub := filepath.Join(r.Dir, "sub")
	for _, text := range []string{"", "text", "gitdir: ", "gitdir: ../gone\n", "gitdir: /gone/.git/worktrees/x\n"} {
		is := is.New(t)
		is.NoErr(os.WriteFile(filepath.Join(sub, ".git"), []byte(text), 0o600))
		_, err := Discover(sub)
		is.Equal(fault.Of(err).Code, actors.CodeNotFound)
		is.True(strings.Contains(fault.Of(err).Message, ".git"))
	}
}

func TestAlternatesThatAreNotThereAreTheReasonForAMissingObject(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		r := githost.NewOf(t, format)
		tip := r.Commit("a/docker-compose.yml", "1")
		root := filepath.Dir(r.Dir)
		shared := filepath.Join(root, "shared")
		r.Git("clone", "--quiet", "--shared", r.Dir, shared)
		is.NoErr(os.Rename(r.Dir, r.Dir+".away"))
		for _, ref := range []string{"", tip.String()} {
			_, err := localTip(t, shared, ref)
			is.Equal(fault.Of(err).Code, actors.CodeProtocol)
			is.True(strings.Contains(fault.Of(err).Message, "borrows objects"))
			is.True(strings.Contains(fault.Of(err).Message, "mount"))
			is.True(!strings.Contains(fault.Of(err).Message, root))
		}
		// A repository that has all objects itself needs no alternates.
		own := githost.At(t, filepath.Join(root, "own"))
		r = githost.At(t, r.Dir+".away")
		r.Git("clone", "--quiet", r.Dir, own.Dir)
		is.NoErr(os.WriteFile(filepath.Join(own.Dir, ".git", "objects", "info", "alternates"), []byte("/gone\n"), 0o600))
		found, err := localTip(t, own.Dir, "")
		is.NoErr(err)
		is.Equal(found, tip)
	})
}

func TestQuotedAlternatesAreReadAsGitReadsThem(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		r := githost.NewOf(t, format)
		tip := r.Commit("a/docker-compose.yml", "1")
		root := filepath.Dir(r.Dir)
		odd := filepath.Join(root, "a \"q\"\n\té\\")
		if err := os.Rename(r.Dir, odd); err != nil {
			t.Fatal(err)
		}
		r = githost.At(t, odd)
		shared := githost.At(t, filepath.Join(root, "shared"))
		r.Git("init", "--quiet", "--object-format="+format.String(), shared.Dir)
		for claim, line := range map[string]string{
			"octal digits":       `"` + root + `/a \"q\"\n\t\303\251\\/.git/objects"`,
			"bytes as they are":  `"` + root + `/a \"q\"\012\011é\\/.git/objects"`,
			"after a comment":    "# x\n\n" + `"` + root + `/a \042q\042\n\té\134/.git/objects"`,
			"relative":           `"../../../a \"q\"\n\t\303\251\\/.git/objects"`,
			"a name with quotes": "../../../\"plain\"/.git/objects",
		} {
			t.Run(claim, func(t *testing.T) {
				is := is.New(t)
				if strings.Contains(claim, "quotes") {
					is.NoErr(os.Rename(odd, filepath.Join(root, `"plain"`)))
					defer func() { is.NoErr(os.Rename(filepath.Join(root, `"plain"`), odd)) }()
				}
				name := filepath.Join(shared.Dir, ".git", "objects", "info", "alternates")
				is.NoErr(os.WriteFile(name, []byte(line+"\n"), 0o600))
				shared.Git("cat-file", "-e", tip.String()) // git finds it
				repository, err := Open(shared.Dir)
				is.NoErr(err)
				defer repository.Close()
				found, err := repository.Tip(location.ParseRef(tip.String()), object.Tip{})
				is.NoErr(err)
				is.Equal(found.Commit, tip)
			})
		}
	})
}

// FuzzUnquoted checks that what is unquoted is never longer than its quoted form, which ends in a quote.
func FuzzUnquoted(f *testing.F) {
	for _, line := range []string{`"a\303\251"`, `"\"`, `"\40"`, `"\400"`, `"a`, `a`, `""`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		path, ok := unquoted(line)
		if ok && (len(path)+2 > len(line) || line[0] != '"' || !strings.Contains(line[1:], `"`)) {
			t.Fatalf("%q is unquoted to %q", line, path)
		}
	})
}

func TestTheErrorOfADirectoryIsNoMissingRepository(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	is.NoErr(os.Symlink("loop", filepath.Join(dir, "loop")))
	_, err := Open(filepath.Join(dir, "loop"))
	is.True(!errors.Is(err, fault.ErrNoRepository))
	is.True(!strings.Contains(fault.Of(err).Message, dir))
}

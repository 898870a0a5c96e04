package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
)

func TestARepositoryOfAnotherUserIsNotFound(t *testing.T) {
	r := githost.New(t)
	r.Commit("sub/docker-compose.yml", "1")
	root := filepath.Dir(r.Dir)
	r.Git("worktree", "add", "--quiet", "--detach", filepath.Join(root, "linked"))
	r.Git("clone", "--quiet", "--bare", r.Dir, filepath.Join(root, "bare.git"))
	for _, dir := range []string{"stacks", "stacks/sub", "stacks/.git/refs", "linked", "linked/sub", "bare.git", "bare.git/refs"} {
		t.Run(dir, func(t *testing.T) {
			is := is.New(t)
			_, err := searchGitDir(filepath.Join(root, dir), os.Geteuid())
			is.NoErr(err)
			_, err = searchGitDir(filepath.Join(root, dir), os.Geteuid()+1)
			is.Equal(fault.Of(err).Code, actors.CodeNotFound)
			is.True(strings.Contains(fault.Of(err).Message, "another user"))
			is.True(strings.Contains(fault.Of(err).Message, "GIT_URL=/"))
		})
	}
}

// Each of the files that make up a repository decides what is served.
func TestEachPartOfARepositoryThatIsSearchedForBelongsToTheUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
	r := githost.New(t)
	r.Commit("sub/docker-compose.yml", "1")
	linked := filepath.Join(filepath.Dir(r.Dir), "linked")
	r.Git("worktree", "add", "--quiet", "--detach", linked)
	for from, parts := range map[string][]string{
		filepath.Join(r.Dir, "sub"):   {r.Dir, filepath.Join(r.Dir, ".git")},
		filepath.Join(linked, "sub"):  {linked, filepath.Join(linked, ".git"), filepath.Join(r.Dir, ".git", "worktrees", "linked")},
		filepath.Join(r.Dir, ".git"):  {filepath.Join(r.Dir, ".git")},
		filepath.Join(linked, "sub/"): {linked},
	} {
		for _, part := range parts {
			is := is.New(t)
			is.NoErr(os.Lchown(part, 12345, -1))
			_, err := Discover(from)
			is.NoErr(os.Lchown(part, 0, -1))
			is.Equal(fault.Of(err).Code, actors.CodeNotFound)
			_, err = Discover(from)
			is.NoErr(err)
		}
	}
}

func TestTheSearchFollowsTheDirectoryAndNotItsName(t *testing.T) {
	is := is.New(t)
	outer, r := githost.New(t), githost.New(t)
	outer.Commit("outer/docker-compose.yml", "1")
	r.Commit("sub/docker-compose.yml", "1")
	link := filepath.Join(outer.Dir, "link")
	is.NoErr(os.Symlink(filepath.Join(r.Dir, "sub"), link))
	found, err := searchGitDir(link, os.Geteuid())
	is.NoErr(err)
	want, err := filepath.EvalSymlinks(filepath.Join(r.Dir, ".git"))
	is.NoErr(err)
	is.Equal(found.gitDir, want)
}

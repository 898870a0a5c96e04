package gitsource

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

func fetchOnce(t *testing.T, url string, change ...func(*Settings)) (actors.DesiredState, error) {
	t.Helper()
	return newTestSource(t, url, change...).Fetch(t.Context(), actors.DesiredState{})
}

func TestARepositoryIsFoundAsGitFindsIt(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		r := githost.NewOf(t, format)
		tip := r.Commit("a/docker-compose.yml", "1", "sub/deep/x", "x").String()
		root := filepath.Dir(r.Dir)
		at := func(name string) string { return filepath.Join(root, name) }
		r.Git("worktree", "add", "--quiet", "--detach", at("linked"))
		r.Git("clone", "--quiet", "--bare", r.Dir, at("bare.git"))
		r.Git("clone", "--quiet", "--separate-git-dir", at("elsewhere"), r.Dir, at("separate"))
		r.Git("clone", "--quiet", "--shared", r.Dir, at("shared"))
		r.Git("clone", "--quiet", "--shared", at("shared"), at("shared-twice"))
		r.Git("clone", "--quiet", "--depth=1", "file://"+r.Dir, at("shallow"))
		for from, to := range map[string]string{"stacks": "symlink", "separate/.git": "file", "linked/.git": "linked-file"} {
			if err := os.Symlink(at(from), at(to)); err != nil {
				t.Fatal(err)
			}
		}
		for _, extension := range []string{"worktreeConfig", "partialClone", "preciousObjects"} {
			r.Git("-C", at("shallow"), "config", "extensions."+extension, "true")
		}
		r.Git("-C", at("shallow"), "config", "core.repositoryFormatVersion", "1")
		for claim, path := range map[string]string{
			"a checkout":                       "stacks",
			"the .git directory":               "stacks/.git",
			"a linked worktree":                "linked",
			"bare":                             "bare.git",
			"bare, without its suffix":         "bare",
			"a .git file":                      "separate",
			"a symbolic link":                  "symlink",
			"a symbolic link to a .git file":   "file",
			"a symbolic link to a worktree's":  "linked-file",
			"objects borrowed":                 "shared",
			"objects borrowed from a borrower": "shared-twice",
			"a shallow clone with extensions":  "shallow",
		} {
			t.Run(claim, func(t *testing.T) {
				is := is.New(t)
				for _, url := range []string{at(path), "file://" + at(path)} {
					state, err := fetchOnce(t, url)
					is.NoErr(err)
					is.Equal(state.Revision, tip)
					is.Equal(bare(state.Stacks), []actors.DesiredStack{yml("a", "1")})
				}
			})
		}
		inside := []string{"stacks/sub", "stacks/sub/deep", "stacks/.git/refs", "linked/sub", "bare.git/objects"}
		for _, dir := range append(inside, "stacks", "bare.git", "linked", "separate", "symlink") {
			t.Run("the default, from "+dir, func(t *testing.T) {
				is := is.New(t)
				t.Chdir(at(dir))
				state, err := fetchOnce(t, ".")
				is.NoErr(err)
				is.Equal(state.Revision, tip)
			})
		}
		for _, dir := range inside {
			t.Run("only the default is looked for upwards: "+dir, func(t *testing.T) {
				is := is.New(t)
				_, err := fetchOnce(t, at(dir))
				is.Equal(failureOf(t, err).Code, actors.CodeNotFound)
				is.True(strings.Contains(failureOf(t, err).Message, "no Git repository"))
			})
		}
	})
}

// Another repository above the one that disappears must not take its place: its stacks are other stacks.
func TestARepositoryThatDisappearsIsNotReplacedByOneAboveIt(t *testing.T) {
	for _, c := range []struct{ claim, url, gone string }{
		{"a removed .git", "inner", "inner/.git"},
		{"a removed .git that is named", "inner/.git", "inner/.git"},
		{"a removed checkout", "inner", "inner"},
		{"a removed bare repository", "bare.git", "bare.git"},
		{"an emptied .git", "inner", "inner/.git/HEAD"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			is := is.New(t)
			outer := githost.New(t)
			outer.Commit("outer/docker-compose.yml", "1")
			inner := githost.At(t, filepath.Join(outer.Dir, "inner"))
			outer.Git("init", "--quiet", "--initial-branch=main", inner.Dir)
			tip := inner.Commit("a/docker-compose.yml", "1").String()
			inner.Git("clone", "--quiet", "--bare", inner.Dir, filepath.Join(outer.Dir, "bare.git"))
			source := newTestSource(t, filepath.Join(outer.Dir, c.url))
			state, err := source.Fetch(t.Context(), actors.DesiredState{})
			is.NoErr(err)
			is.Equal(state.Revision, tip)
			gone := filepath.Join(outer.Dir, c.gone)
			is.NoErr(os.Rename(gone, gone+".away"))
			_, err = source.Fetch(t.Context(), state)
			is.Equal(failureOf(t, err).Code, actors.CodeNotFound)
			is.NoErr(os.Rename(gone+".away", gone))
			state, err = source.Fetch(t.Context(), state)
			is.NoErr(err)
			is.Equal(state.Revision, tip)
		})
	}
}

func TestWhatCannotBeReadInPlaceIsAFailureOfItsOwnCode(t *testing.T) {
	r := githost.New(t)
	r.Commit("a/docker-compose.yml", "1", "deploy", "a file")
	root := filepath.Dir(r.Dir)
	at := func(name string) string { return filepath.Join(root, name) }
	for _, name := range []string{"nothing", "broken", "no-refs/.git/objects", "stacks/broken"} {
		if err := os.MkdirAll(at(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string]string{
		"file": "text", "broken/.git": "gitdir: ../gone\n", "empty-file": "", "stacks/broken/.git": "gitdir: ../gone\n",
	}
	for name, text := range files {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.Git("init", "--quiet", "--bare", at("empty.git"))
	r.Git("init", "--quiet", "--bare", "--object-format=sha256", at("sha256.git"))
	r.Git("clone", "--quiet", "--bare", r.Dir, at("unborn.git"))
	r.Git("-C", at("unborn.git"), "symbolic-ref", "HEAD", "refs/heads/unborn")
	r.Git("clone", "--quiet", "--bare", r.Dir, at("elsewhere.git"))
	r.Git("-C", at("elsewhere.git"), "config", "core.repositoryFormatVersion", "1")
	r.Git("-C", at("elsewhere.git"), "config", "extensions.refStorage", "reftable:///elsewhere")
	r.Git("clone", "--quiet", "--bare", "--filter=blob:none", "file://"+r.Dir, at("partial.git"))
	for _, c := range []struct {
		path   string
		code   actors.Code
		says   string
		change []func(*Settings)
	}{
		{path: "gone", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "nothing", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "file", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "empty-file", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "file/below", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "broken", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "stacks/broken", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "no-refs", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "empty.git", code: actors.CodeEmpty, says: "empty"},
		{path: "empty.git", code: actors.CodeEmpty, says: "empty", change: []func(*Settings){trackedBy("main")}},
		{path: "unborn.git", code: actors.CodeRefNotFound, says: "HEAD"},
		{path: "sha256.git", code: actors.CodeEmpty, says: "empty"},
		{path: "elsewhere.git", code: actors.CodeProtocol, says: "reftable:///elsewhere"},
		{path: "partial.git", code: actors.CodeProtocol, says: "partial clone"},
		{path: "stacks", code: actors.CodeDeployDirNotFound, says: `"b/c"`, change: []func(*Settings){deployDir("b/c")}},
		{path: "stacks", code: actors.CodeDeployDirNotFound, says: `"a/c"`, change: []func(*Settings){deployDir("a/c")}},
		{path: "stacks", code: actors.CodeDeployDirNotADirectory, change: []func(*Settings){deployDir("deploy")}},
		{path: "stacks", code: actors.CodeDeployDirNotADirectory, change: []func(*Settings){deployDir("deploy/x")}},
	} {
		t.Run(c.path+" "+string(c.code), func(t *testing.T) {
			is := is.New(t)
			_, err := fetchOnce(t, at(c.path), c.change...)
			failure := failureOf(t, err)
			is.Equal(failure.Code, c.code)
			is.True(strings.Contains(failure.Message, c.says))
		})
	}
}

func TestADeployDirectoryThatIsALinkOrASubmoduleIsNoDirectory(t *testing.T) {
	is := is.New(t)
	r := githost.Import(t, filepath.Join(t.TempDir(), "r.git"), githost.History{{Layout: githost.Layout{
		"real/docker-compose.yml": githost.File("1"), "link": githost.Link("real"), "sub": githost.Submodule(),
	}}})
	for _, dir := range []string{"link", "sub", "link/x", "real/docker-compose.yml"} {
		_, err := fetchOnce(t, r.Dir, deployDir(dir))
		is.Equal(failureOf(t, err).Code, actors.CodeDeployDirNotADirectory)
	}
}

func TestDamageToALocalRepositoryIsAFailure(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		l := githost.Layout{}
		for i := range 30 {
			l["s"+strings.Repeat("x", i)+"/docker-compose.yml"] = githost.File(strings.Repeat("services: {}\n", i))
		}
		damage := func(t *testing.T, pattern string, change func([]byte) []byte) {
			t.Helper()
			is := is.New(t)
			r := githost.ImportOf(t, format, filepath.Join(t.TempDir(), "r.git"), githost.History{{Layout: l}})
			githost.Git(t, r.Dir, nil, "repack", "-adq")
			files, err := filepath.Glob(filepath.Join(r.Dir, "objects", "pack", pattern))
			is.NoErr(err)
			is.Equal(len(files), 1)
			whole, err := os.ReadFile(files[0])
			is.NoErr(err)
			is.NoErr(os.Chmod(files[0], 0o600))
			is.NoErr(os.WriteFile(files[0], change(whole), 0o600))
			_, err = fetchOnce(t, r.Dir)
			is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
			is.True(!strings.Contains(failureOf(t, err).Message, "host")) // a local path has no host
		}
		middle := func(data []byte) []byte { data[len(data)/2] ^= 0xff; return data }
		t.Run("a byte of a pack", func(t *testing.T) { damage(t, "*.pack", middle) })
		half := func(data []byte) []byte { return data[:len(data)/2] }
		t.Run("half a pack", func(t *testing.T) { damage(t, "*.pack", half) })
		t.Run("a short index", func(t *testing.T) { damage(t, "*.idx", func(data []byte) []byte { return data[:500] }) })
		t.Run("an empty index", func(t *testing.T) { damage(t, "*.idx", func([]byte) []byte { return nil }) })
		t.Run("half an index", func(t *testing.T) { damage(t, "*.idx", func(data []byte) []byte { return data[:1100] }) })
		t.Run("no pack", func(t *testing.T) { damage(t, "*.pack", func([]byte) []byte { return nil }) })
	})
}

func TestALooseObjectThatIsDamagedIsAFailure(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		r := githost.NewOf(t, format)
		r.Commit("a/docker-compose.yml", "1")
		id := r.Git("rev-parse", "HEAD:a/docker-compose.yml")
		name := filepath.Join(r.Dir, ".git", "objects", id[:2], id[2:])
		is.NoErr(os.Chmod(name, 0o600))
		for _, text := range []string{"", "text", "x\x9c\x03\x00\x00\x00\x00\x01"} {
			is.NoErr(os.WriteFile(name, []byte(text), 0o600))
			_, err := fetchOnce(t, r.Dir)
			is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
		}
	})
}

func TestARepackBetweenTwoLooksChangesNothing(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		r := githost.NewOf(t, format)
		r.Commit("a/docker-compose.yml", "1", "b/docker-compose.yml", "b")
		source := newTestSource(t, r.Dir)
		state, err := source.Fetch(t.Context(), actors.DesiredState{})
		is.NoErr(err)
		for _, text := range []string{"2", "3", "4"} {
			r.Git("gc", "--quiet", "--prune=now")
			tip := r.Commit("a/docker-compose.yml", text)
			r.Git("repack", "-adq")
			state, err = source.Fetch(t.Context(), state)
			is.NoErr(err)
			is.Equal(state.Revision, tip.String())
			is.Equal(bare(state.Stacks), []actors.DesiredStack{yml("a", text), yml("b", "b")})
		}
	})
}

func TestAFetchEndsWithItsContext(t *testing.T) {
	is := is.New(t)
	r := githost.New(t)
	r.Commit("a/docker-compose.yml", "1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newTestSource(t, r.Dir).Fetch(ctx, actors.DesiredState{})
	is.Equal(failureOf(t, err).Code, actors.CodeTimeout)
}

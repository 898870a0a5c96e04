package gitsource

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

// failureOf returns the failure that an error is.
func failureOf(t fatal, err error) *actors.Failure {
	t.Helper()
	var failure *actors.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("the error is no failure: %v", err)
	}
	return failure
}

func fetchOnce(t *testing.T, url string, change ...func(*Settings)) (actors.DesiredState, error) {
	t.Helper()
	return newTestSource(t, url, change...).Fetch(t.Context(), actors.DesiredState{})
}

func TestARepositoryIsFoundAsGitFindsIt(t *testing.T) {
	r := newTestRepository(t)
	tip := r.commit("a/docker-compose.yml", "1", "sub/deep/x", "x").String()
	root := filepath.Dir(r.dir)
	at := func(name string) string { return filepath.Join(root, name) }
	r.git("worktree", "add", "--quiet", "--detach", at("linked"))
	r.git("clone", "--quiet", "--bare", r.dir, at("bare.git"))
	r.git("clone", "--quiet", "--separate-git-dir", at("elsewhere"), r.dir, at("separate"))
	r.git("clone", "--quiet", "--shared", r.dir, at("shared"))
	r.git("clone", "--quiet", "--shared", at("shared"), at("shared-twice"))
	r.git("clone", "--quiet", "--depth=1", "file://"+r.dir, at("shallow"))
	for from, to := range map[string]string{"stacks": "symlink", "separate/.git": "file", "linked/.git": "linked-file"} {
		if err := os.Symlink(at(from), at(to)); err != nil {
			t.Fatal(err)
		}
	}
	for _, extension := range []string{"worktreeConfig", "partialClone", "preciousObjects"} {
		r.git("-C", at("shallow"), "config", "extensions."+extension, "true")
	}
	r.git("-C", at("shallow"), "config", "core.repositoryFormatVersion", "1")
	for claim, path := range map[string]string{
		"a checkout":                        "stacks",
		"a directory of a checkout":         "stacks/sub/deep",
		"the .git directory":                "stacks/.git",
		"a directory of the .git directory": "stacks/.git/refs",
		"a linked worktree":                 "linked",
		"a directory of a linked worktree":  "linked/sub",
		"bare":                              "bare.git",
		"bare, without its suffix":          "bare",
		"a .git file":                       "separate",
		"a symbolic link":                   "symlink",
		"a symbolic link to a .git file":    "file",
		"a symbolic link to a worktree's":   "linked-file",
		"objects borrowed":                  "shared",
		"objects borrowed from a borrower":  "shared-twice",
		"a shallow clone with extensions":   "shallow",
	} {
		t.Run(claim, func(t *testing.T) {
			is := is.New(t)
			for _, url := range []string{at(path), "file://" + at(path)} {
				state, err := fetchOnce(t, url)
				is.NoErr(err)
				is.Equal(state.Revision, tip)
				is.Equal(state.Stacks, []actors.DesiredStack{yml("a", "1")})
			}
		})
	}
	t.Run("the current directory, which is the default", func(t *testing.T) {
		is := is.New(t)
		t.Chdir(at("stacks/sub"))
		state, err := fetchOnce(t, ".")
		is.NoErr(err)
		is.Equal(state.Revision, tip)
	})
}

func TestALocalRefIsResolvedAsAHostResolvesIt(t *testing.T) {
	r := newTestRepository(t)
	first := r.commit("a/docker-compose.yml", "1").String()
	r.git("tag", "light")
	r.git("tag", "--annotate", "--message=x", "annotated")
	r.git("tag", "--annotate", "--message=x", "nested", "annotated")
	r.git("tag", "both")
	r.git("branch", "old")
	r.git("tag", "blob", "HEAD:a/docker-compose.yml")
	r.git("tag", "--annotate", "--message=x", "tree", "HEAD:a")
	second := r.commit("a/docker-compose.yml", "2").String()
	r.git("branch", "both")
	r.git("update-ref", "refs/pull/1/head", first)
	r.git("symbolic-ref", "refs/heads/alias", "refs/heads/old")
	annotated := r.git("rev-parse", "refs/tags/annotated")
	wants := map[string]string{
		"": second, "HEAD": second, "main": second, "refs/heads/main": second, "old": first, "light": first,
		"annotated": first, "nested": first, "refs/tags/annotated": first, "both": second, "refs/tags/both": first,
		"refs/pull/1/head": first, first: first, strings.ToUpper(first): first, annotated: first, "alias": first,
	}
	refuse := map[string]actors.Code{
		"missing": actors.CodeRefNotFound, "refs/heads/light": actors.CodeRefNotFound,
		strings.Repeat("1", 40): actors.CodeRefNotFound, "blob": actors.CodeRefNotFound, "tree": actors.CodeRefNotFound,
	}
	for _, packed := range []bool{false, true} {
		for ref, want := range wants {
			is := is.New(t)
			state, err := fetchOnce(t, r.dir, trackedBy(ref))
			is.NoErr(err)
			is.Equal(state.Revision, want)
		}
		for ref, code := range refuse {
			is := is.New(t)
			_, err := fetchOnce(t, r.dir, trackedBy(ref))
			is.Equal(failureOf(t, err).Code, code)
		}
		if !packed {
			r.git("gc", "--quiet")
		}
	}
}

func TestWhatCannotBeReadInPlaceIsAFailureOfItsOwnCode(t *testing.T) {
	r := newTestRepository(t)
	r.commit("a/docker-compose.yml", "1", "deploy", "a file")
	root := filepath.Dir(r.dir)
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
	r.git("init", "--quiet", "--bare", at("empty.git"))
	r.git("init", "--quiet", "--bare", "--object-format=sha256", at("sha256.git"))
	r.git("clone", "--quiet", "--bare", r.dir, at("unborn.git"))
	r.git("-C", at("unborn.git"), "symbolic-ref", "HEAD", "refs/heads/unborn")
	r.git("clone", "--quiet", "--bare", r.dir, at("reftable.git"))
	r.git("-C", at("reftable.git"), "config", "core.repositoryFormatVersion", "1")
	r.git("-C", at("reftable.git"), "config", "extensions.refStorage", "reftable")
	r.git("clone", "--quiet", "--bare", "--filter=blob:none", "file://"+r.dir, at("partial.git"))
	for _, c := range []struct {
		path   string
		code   actors.Code
		says   string
		change []func(*Settings)
	}{
		{path: "gone", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "nothing", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "file", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "empty-file", code: actors.CodeNotFound},
		{path: "file/below", code: actors.CodeNotFound},
		{path: "broken", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "stacks/broken", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "no-refs", code: actors.CodeNotFound, says: "no Git repository"},
		{path: "empty.git", code: actors.CodeEmpty, says: "empty"},
		{path: "empty.git", code: actors.CodeEmpty, says: "empty", change: []func(*Settings){trackedBy("main")}},
		{path: "unborn.git", code: actors.CodeRefNotFound, says: "HEAD"},
		{path: "sha256.git", code: actors.CodeProtocol, says: "SHA-256"},
		{path: "reftable.git", code: actors.CodeProtocol, says: "reftable"},
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
	r := importHistory(t, filepath.Join(t.TempDir(), "r.git"), history{{layout: layout{
		"real/docker-compose.yml": file("1"), "link": link("real"), "sub": submodule(),
	}}})
	for _, dir := range []string{"link", "sub", "link/x", "real/docker-compose.yml"} {
		_, err := fetchOnce(t, r.dir, deployDir(dir))
		is.Equal(failureOf(t, err).Code, actors.CodeDeployDirNotADirectory)
	}
}

func TestDamageToALocalRepositoryIsAFailure(t *testing.T) {
	l := layout{}
	for i := range 30 {
		l["s"+strings.Repeat("x", i)+"/docker-compose.yml"] = file(strings.Repeat("services: {}\n", i))
	}
	damage := func(t *testing.T, pattern string, change func([]byte) []byte) {
		t.Helper()
		is := is.New(t)
		r := importHistory(t, filepath.Join(t.TempDir(), "r.git"), history{{layout: l}})
		runGit(t, r.dir, nil, "repack", "-adq")
		files, err := filepath.Glob(filepath.Join(r.dir, "objects", "pack", pattern))
		is.NoErr(err)
		is.Equal(len(files), 1)
		whole, err := os.ReadFile(files[0])
		is.NoErr(err)
		is.NoErr(os.Chmod(files[0], 0o600))
		is.NoErr(os.WriteFile(files[0], change(whole), 0o600))
		_, err = fetchOnce(t, r.dir)
		is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
		is.True(!strings.Contains(failureOf(t, err).Message, "host")) // there is none
	}
	middle := func(data []byte) []byte { data[len(data)/2] ^= 0xff; return data }
	t.Run("a byte of a pack", func(t *testing.T) { damage(t, "*.pack", middle) })
	half := func(data []byte) []byte { return data[:len(data)/2] }
	t.Run("half a pack", func(t *testing.T) { damage(t, "*.pack", half) })
	t.Run("a short index", func(t *testing.T) { damage(t, "*.idx", func(data []byte) []byte { return data[:500] }) })
	t.Run("an empty index", func(t *testing.T) { damage(t, "*.idx", func([]byte) []byte { return nil }) })
	t.Run("half an index", func(t *testing.T) { damage(t, "*.idx", func(data []byte) []byte { return data[:1100] }) })
	t.Run("no pack", func(t *testing.T) { damage(t, "*.pack", func([]byte) []byte { return nil }) })
}

func TestALooseObjectThatIsDamagedIsAFailure(t *testing.T) {
	is := is.New(t)
	r := newTestRepository(t)
	r.commit("a/docker-compose.yml", "1")
	id := r.git("rev-parse", "HEAD:a/docker-compose.yml")
	name := filepath.Join(r.dir, ".git", "objects", id[:2], id[2:])
	is.NoErr(os.Chmod(name, 0o600))
	for _, text := range []string{"", "text", "x\x9c\x03\x00\x00\x00\x00\x01"} {
		is.NoErr(os.WriteFile(name, []byte(text), 0o600))
		_, err := fetchOnce(t, r.dir)
		is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
	}
}

// A ref may stand among the packed ones as it was before: that is not where it is now.
func TestALooseRefThatCannotBeReadHidesNoOlderOne(t *testing.T) {
	r := newTestRepository(t)
	r.commit("a/docker-compose.yml", "1")
	r.git("pack-refs", "--all")
	r.commit("a/docker-compose.yml", "2")
	branch := r.git("symbolic-ref", "HEAD")
	file := filepath.Join(r.dir, ".git", filepath.FromSlash(branch))
	for name, spoil := range map[string]func() error{
		"empty":      func() error { return os.WriteFile(file, nil, 0o600) },
		"unreadable": func() error { return os.Symlink(file, file) },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			is.NoErr(errors.Join(os.Remove(file), spoil()))
			for _, ref := range []string{"", branch} {
				_, err := fetchOnce(t, r.dir, func(s *Settings) { s.Ref = ref })
				is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
			}
		})
	}
}

func TestConfigurationThatOnlyWritersUseDoesNotMatter(t *testing.T) {
	is := is.New(t)
	r := newTestRepository(t)
	tip := r.commit("a/docker-compose.yml", "1")
	for name, value := range map[string]string{
		"branch.x.merge": "refs/pull/12/head", "branch.x.rebase": "merges", "remote.x.fetch": "^refs/heads/y",
		"remote.y.fetch": "refs/heads/main", "pack.window": "1k",
	} {
		r.git("config", name, value)
	}
	state, err := fetchOnce(t, r.dir)
	is.NoErr(err)
	is.Equal(state.Revision, tip.String())
}

func TestARepackBetweenTwoLooksChangesNothing(t *testing.T) {
	is := is.New(t)
	r := newTestRepository(t)
	r.commit("a/docker-compose.yml", "1", "b/docker-compose.yml", "b")
	source := newTestSource(t, r.dir)
	state, err := source.Fetch(t.Context(), actors.DesiredState{})
	is.NoErr(err)
	for _, text := range []string{"2", "3", "4"} {
		r.git("gc", "--quiet", "--prune=now")
		tip := r.commit("a/docker-compose.yml", text)
		r.git("repack", "-adq")
		state, err = source.Fetch(t.Context(), state)
		is.NoErr(err)
		is.Equal(state.Revision, tip.String())
		is.Equal(state.Stacks, []actors.DesiredStack{yml("a", text), yml("b", "b")})
	}
}

func TestAnObjectThatIsPackedWhileItIsLookedForIsFound(t *testing.T) {
	is := is.New(t)
	r := newTestRepository(t)
	r.commit("a/docker-compose.yml", strings.Repeat("a", 2000))
	store := newLocalStore(filepath.Join(r.dir, ".git", "objects"))
	defer store.close()
	blob := r.id("HEAD:a/docker-compose.yml")
	_, err := store.kind(r.id("HEAD"))
	is.NoErr(err) // the packs were looked for, and there was none
	r.git("gc", "--quiet", "--prune=now")
	kind, err := store.kind(blob)
	is.NoErr(err)
	is.Equal(kind, kindBlob)
	content, err := store.object(3, blob, 4000)
	is.NoErr(err)
	is.Equal(len(content), 2000)
	_, err = store.object(3, blob, 1999)
	is.True(errors.Is(err, errTooLarge))
}

func TestAFetchEndsWithItsContext(t *testing.T) {
	is := is.New(t)
	r := newTestRepository(t)
	r.commit("a/docker-compose.yml", "1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newTestSource(t, r.dir).Fetch(ctx, actors.DesiredState{})
	is.Equal(failureOf(t, err).Code, actors.CodeTimeout)
}

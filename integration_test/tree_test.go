package integration_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// Odd contents of a tree, over every transport: bytes, places, links and names. Hashes are those of the raw bytes that
// git prints.

// entry is a path of a tree. Not every file system could hold it.
type entry struct{ path, mode, content string }

const (
	regular    = "100644"
	executable = "100755"
	symlink    = "120000"
	submodule  = "160000"
)

// pushTree makes a commit of the entries on main, by plumbing alone, and returns its id.
func (r repository) pushTree(entries []entry) string {
	r.t.Helper()
	var index bytes.Buffer
	digits := len(r.plumb("", "hash-object", "--stdin"))
	for _, e := range entries {
		id := strings.Repeat("1", digits) // a commit of another repository
		if e.mode != submodule {
			id = r.plumb(e.content, "hash-object", "-w", "--stdin")
		}
		fmt.Fprintf(&index, "%s %s\t%s\x00", e.mode, id, e.path)
	}
	r.plumb("", "read-tree", "--empty")
	r.plumb(index.String(), "update-index", "-z", "--index-info")
	commit := r.plumb("", "commit-tree", "-m", "test", r.plumb("", "write-tree"))
	r.plumb("", "update-ref", "refs/heads/main", commit)
	return commit
}

// plumb runs git in the bare repository with an input, and returns what it prints without a newline at the end.
func (r repository) plumb(input string, args ...string) string {
	r.t.Helper()
	return strings.TrimSuffix(gitWith(r.t, r.bare, input, args...), "\n")
}

// oddTree has an entry for each way in which a compose file may be odd.
func oddTree() []entry {
	const yml, yaml = "/docker-compose.yml", "/docker-compose.yaml"
	return []entry{
		// Bytes.
		{"empty" + yml, regular, ""}, {"crlf" + yml, regular, "a:\r\n  b\r\n"}, {"bom" + yml, regular, "\ufeffservices: {}"},
		{"binary" + yml, regular, "\x00\xff\xfe\x80"}, {"executable" + yml, executable, "services: {x: {}}"},
		{"5MiB" + yml, regular, strings.Repeat("a", 5<<20)}, {"16MiB" + yml, regular, strings.Repeat("b", 16<<20)},
		{"17MiB" + yml, regular, strings.Repeat("c", 17<<20)},
		{"same-1" + yml, regular, "the same bytes"}, {"same-2" + yml, regular, "the same bytes"},
		{"same/deep" + yml, regular, "the same bytes"},
		// Places.
		{"docker-compose.yml", regular, "at the root"}, {"outer" + yml, regular, "outer"}, {"outer/inner" + yml, regular, "inner"},
		{"both" + yml, regular, "this one"}, {"both" + yaml, regular, "not this one"},
		{"directory" + yml + "/file", regular, "x"}, {"module", submodule, ""}, {"under-module" + yml, submodule, ""},
		// Links.
		{"link" + yml, symlink, "../outer/docker-compose.yml"}, {"link-to-link" + yml, symlink, "../link/docker-compose.yml"},
		{"dangling" + yml, symlink, "nothing.yml"}, {"looping" + yml, symlink, "docker-compose.yml"},
		{"absolute" + yml, symlink, "/etc/passwd"}, {"leaving" + yml, symlink, "../../outside.yml"},
		{"to-directory" + yml, symlink, "../outer"}, {"into-module" + yml, symlink, "../module/x.yml"},
		{"to-17MiB" + yml, symlink, "../17MiB/docker-compose.yml"},
		// Names.
		{"case" + yml, regular, "1"}, {"Case" + yml, regular, "2"}, {"CASE" + yaml, regular, "3"}, {"case/Docker-Compose.yml", regular, "4"},
		{" space " + yml, regular, "5"}, {"-dash" + yml, regular, "6"}, {".dot" + yml, regular, "7"}, {"%41" + yml, regular, "8"},
		{`"quotes'` + yml, regular, "9"}, {"<script>" + yml, regular, "10"}, {"snö☃😀" + yml, regular, "11"}, {`back\slash` + yml, regular, "12"},
		{"a?b#c&d=e" + yml, regular, "13"}, {"+" + yml, regular, "14"}, {"*" + yml, regular, "15"}, {":id" + yml, regular, "16"},
		{"new\nline" + yml, regular, "x"}, {"esc\x1b[31m" + yml, regular, "x"}, {"not-utf8-\xff" + yml, regular, "x"},
	}
}

// oddSkipped are the entries in the list skipped, with the expected reasons.
func oddSkipped() map[string]string {
	const yml = "/docker-compose.yml"
	return map[string]string{
		"17MiB" + yml: "16 MiB", "directory" + yml: "directory", "under-module" + yml: "submodule", "dangling" + yml: "nothing",
		"looping" + yml: "loops", "absolute" + yml: "leaves the repository", "leaving" + yml: "leaves the repository",
		"to-directory" + yml: "directory", "into-module" + yml: "submodule", "to-17MiB" + yml: "16 MiB",
		`new\nline` + yml: "", `esc\x1b[31m` + yml: "", `not-utf8-\xff` + yml: "",
	}
}

func TestEveryOddEntryOfATreeIsServedOrSkippedOverEveryWay(t *testing.T) {
	overEveryWay(t, func(t *testing.T, format string, at func(*testing.T, repository) []string) {
		repo := newRepositoryOf(t, format)
		revision := repo.pushTree(oddTree())
		s := start(t, at(t, repo)...)
		seen := s.awaitRevision(revision)
		s.logged("refresh completed")
		holdsOddTree(t, repo, revision, seen)
		for _, stack := range seen.Stacks {
			isStackAtItsPath(t, s, stack)
		}
		is := is.New(t)
		is.Equal(s.count("level=WARN", "both/docker-compose.yaml"), 1) // the name that does not count
		is.True(!strings.Contains(strings.Join(s.lines(), ""), "\x1b"))
		page := s.get("/").body
		is.True(!strings.Contains(page, "<script>/") && !strings.Contains(page, "\x1b"))
	})
}

// holdsOddTree compares a snapshot with the git program's listing of the same revision.
func holdsOddTree(t *testing.T, repo repository, revision string, seen snapshot) {
	t.Helper()
	is := is.New(t)
	targets := map[string]string{
		"link/docker-compose.yml": "outer/docker-compose.yml", "link-to-link/docker-compose.yml": "outer/docker-compose.yml",
	}
	skipped := oddSkipped()
	want := map[string]string{}
	for _, e := range oddTree() {
		directory, name := ".", e.path
		if i := strings.LastIndex(e.path, "/"); i >= 0 {
			directory, name = e.path[:i], e.path[i+1:]
		}
		composed := name == "docker-compose.yml" || name == "docker-compose.yaml" && directory != "both"
		if _, is := skipped[escaped(e.path)]; is || !composed || e.mode == submodule {
			continue
		}
		file := e.path
		if target, is := targets[e.path]; is {
			file = target
		}
		want[directory] = repo.hash(revision, file)
	}
	got := map[string]string{}
	for _, stack := range seen.Stacks {
		got[stack.Path] = stack.Hash
	}
	is.Equal(got, want)
	is.Equal(len(seen.Stacks), len(want)) // no stack is listed twice
	is.True(slices.IsSorted(seen.paths()))
	is.Equal(len(seen.Skipped), len(skipped))
	for _, entry := range seen.Skipped {
		words, known := skipped[entry.Path]
		if !known || !strings.Contains(entry.Reason, words) {
			t.Errorf("skipped is %q: %s", entry.Path, entry.Reason)
		}
	}
}

// escaped writes a path as skipped shows it.
func escaped(path string) string {
	return strings.NewReplacer("\n", `\n`, "\x1b", `\x1b`, "\xff", `\xff`).Replace(path)
}

// A stack with an odd name is found under its percent-encoded path.
func isStackAtItsPath(t *testing.T, s *service, want stack) {
	t.Helper()
	var path strings.Builder
	for _, b := range []byte(want.Path) {
		fmt.Fprintf(&path, "%%%02X", b)
	}
	answer := s.get("/api/v1/stacks/" + path.String())
	is.New(t).Equal(answer.status, 200)
	is.New(t).Equal(decode[stack](t, answer), want)
}

// A deploy directory without stacks is no failure. A missing one is a failure, and does not empty the list.
func TestDeployDirectoryThatGoesAwayEmptiesNothing(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, first := with(t, files{"deploy/web/docker-compose.yml": "services: {}", "README": "x"})
	s := start(t, "GIT_URL="+serveRepository(t, repo).url(), "GIT_DEPLOY_DIR=deploy")
	s.awaitRevision(first)
	s.logged("refresh completed")
	before := s.get("/api/v1/stacks")

	repo.push(files{"deploy/web/docker-compose.yml": ""})
	failed := s.refresh()
	is.Equal(failed.Error.Code, "deploy_dir_not_found")
	isSentence(t, failed.Error.Message)
	s.keeps(before, first, failed)

	is.NoErr(os.Remove(filepath.Join(repo.work, "deploy", "web")))
	is.NoErr(os.Remove(filepath.Join(repo.work, "deploy")))
	repo.push(files{"deploy": "a file"})
	failed = s.refresh()
	is.Equal(failed.Error.Code, "deploy_dir_not_a_directory")
	s.keeps(before, first, failed)

	is.NoErr(os.Remove(filepath.Join(repo.work, "deploy")))
	last := repo.push(files{"deploy/README": "no stacks here"})
	ended := s.refresh()
	is.Equal(ended.Status, "completed")
	is.Equal(ended.Changes.Removed, []string{"deploy/web"})
	is.Equal(s.snapshot().Revision, last)
	is.Equal(s.snapshot().Stacks, []stack{})
}

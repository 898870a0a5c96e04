package gitsource

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

// newTestSource makes a Source of a URL or path, with the default names of compose files.
func newTestSource(t fatal, url string, change ...func(*Settings)) *Source {
	t.Helper()
	settings := Settings{URL: url, DeployDir: ".", ComposeFiles: []string{"docker-compose.yml", "docker-compose.yaml"}}
	for _, c := range change {
		c(&settings)
	}
	source, err := New(settings)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return source
}

func deployDir(dir string) func(*Settings)     { return func(s *Settings) { s.DeployDir = dir } }
func trackedBy(ref string) func(*Settings)     { return func(s *Settings) { s.Ref = ref } }
func composeNames(n ...string) func(*Settings) { return func(s *Settings) { s.ComposeFiles = n } }

func yml(path, data string) actors.DesiredStack {
	return actors.DesiredStack{Path: path, ComposeFile: "docker-compose.yml", Hash: hashOf(data)}
}

func yaml(path, data string) actors.DesiredStack {
	return actors.DesiredStack{Path: path, ComposeFile: "docker-compose.yaml", Hash: hashOf(data)}
}

// treeCase is a commit and what it must come to. Slices that are empty in want are empty in the state.
type treeCase struct {
	claim    string
	layout   layout
	settings []func(*Settings)
	want     shown
}

func (c treeCase) run(t *testing.T) {
	is := is.New(t)
	repository := importHistory(t, filepath.Join(t.TempDir(), "r.git"), history{{layout: c.layout}})
	state, err := newTestSource(t, repository.dir, c.settings...).Fetch(t.Context(), actors.DesiredState{})
	is.NoErr(err)
	is.Equal(state.Revision, repository.commits[0])
	want := c.want
	want.SortedAndDistinct = true
	is.Equal(show(state), show(actors.DesiredState{Stacks: want.Stacks, Skipped: want.Skipped, Shadowed: want.Shadowed}))
	for _, stack := range state.Stacks {
		if entry := c.layout[joinPath(stack.Path, stack.ComposeFile)]; entry.mode == "120000" {
			continue // git show prints the link, not what it leads to
		}
		name := state.Revision + ":" + joinPath(stack.Path, stack.ComposeFile)
		is.Equal(stack.Hash, hashOf(string(runGit(t, repository.dir, nil, "cat-file", "blob", name))))
	}
}

func TestStacksAreFoundByTheRulesOfTheContract(t *testing.T) {
	large := strings.Repeat("a", maxComposeFile)
	for _, c := range []treeCase{{
		claim:  "no compose file: success with an empty list",
		layout: layout{"README.md": file("x"), "a/b/c.yml": file("x")},
	}, {
		claim: "at any depth, at the root, and one in another",
		layout: layout{
			"docker-compose.yml": file("root"), "a/docker-compose.yml": file("a"), "a/b/c/docker-compose.yaml": file("c"),
		},
		want: shown{Stacks: []actors.DesiredStack{yml(".", "root"), yml("a", "a"), yaml("a/b/c", "c")}},
	}, {
		claim: "sorted by path bytewise, which is not the order of trees",
		layout: layout{
			"a/docker-compose.yml": file("1"), "a-b/docker-compose.yml": file("2"), "a/b/docker-compose.yml": file("3"),
			"a.b/docker-compose.yml": file("4"), "a0/docker-compose.yml": file("5"), "A/docker-compose.yml": file("6"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml("A", "6"), yml("a", "1"), yml("a-b", "2"), yml("a.b", "4"), yml("a/b", "3"), yml("a0", "5"),
		}},
	}, {
		claim:  "both names: the first counts, the other is shadowed",
		layout: layout{"a/docker-compose.yaml": file("2"), "a/docker-compose.yml": file("1")},
		want:   shown{Stacks: []actors.DesiredStack{yml("a", "1")}, Shadowed: []string{"a/docker-compose.yaml"}},
	}, {
		claim:    "the names and their order are the settings'",
		layout:   layout{"a/compose.yaml": file("1"), "a/stack.yml": file("2"), "b/docker-compose.yml": file("3")},
		settings: []func(*Settings){composeNames("stack.yml", "compose.yaml")},
		want: shown{
			Stacks:   []actors.DesiredStack{{Path: "a", ComposeFile: "stack.yml", Hash: hashOf("2")}},
			Shadowed: []string{"a/compose.yaml"},
		},
	}, {
		claim: "the same bytes and the same directory at two places: both are listed",
		layout: layout{
			"a/docker-compose.yml": file("same"), "b/docker-compose.yml": file("same"), "c/d/docker-compose.yml": file("same"),
			"c/e/docker-compose.yaml": file("same"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml("a", "same"), yml("b", "same"), yml("c/d", "same"), yaml("c/e", "same"),
		}},
	}, {
		claim: "raw bytes: empty, CRLF, BOM, binary, executable",
		layout: layout{
			"a/docker-compose.yml": file(""), "b/docker-compose.yml": file("a\r\nb\r\n"),
			"c/docker-compose.yml": file("\ufeffa"), "d/docker-compose.yml": file("\x00\xff\xfe"),
			"e/docker-compose.yml": executable("x"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml("a", ""), yml("b", "a\r\nb\r\n"), yml("c", "\ufeffa"), yml("d", "\x00\xff\xfe"), yml("e", "x"),
		}},
	}, {
		claim: "case counts, in names of files and of directories",
		layout: layout{
			"a/Docker-Compose.yml": file("no"), "a/docker-compose.YML": file("no"),
			"b/docker-compose.yml": file("1"), "B/docker-compose.yml": file("2"),
		},
		want: shown{Stacks: []actors.DesiredStack{yml("B", "2"), yml("b", "1")}},
	}, {
		claim: "up to 16 MiB is served, more is skipped, and the next name serves the stack",
		layout: layout{
			"a/docker-compose.yml": file(large), "c/docker-compose.yml": file(large + "c"),
			"c/docker-compose.yaml": file("small"),
		},
		want: shown{
			Stacks:  []actors.DesiredStack{yml("a", large), yaml("c", "small")},
			Skipped: []actors.Skipped{{Path: "c/docker-compose.yml", Reason: "larger than 16 MiB"}},
		},
	}, {
		claim: "a directory of that name is skipped and entered, a submodule is skipped",
		layout: layout{
			"a/docker-compose.yml/docker-compose.yml": file("in"), "b/docker-compose.yml": submodule(),
			"b/docker-compose.yaml": file("b"), "c/docker-compose.yml": file("c"),
			"c/docker-compose.yaml/x": file("x"), "d": submodule(),
		},
		want: shown{
			Stacks: []actors.DesiredStack{yml("a/docker-compose.yml", "in"), yaml("b", "b"), yml("c", "c")},
			Skipped: []actors.Skipped{
				{Path: "a/docker-compose.yml", Reason: "a directory, not a file"},
				{Path: "b/docker-compose.yml", Reason: "a submodule, not a file"},
				{Path: "c/docker-compose.yaml", Reason: "a directory, not a file"},
			},
		},
	}, {
		claim: "odd names are served as they are",
		layout: layout{
			`"q'/docker-compose.yml`: file("1"), "<script>/docker-compose.yml": file("2"), "%41/docker-compose.yml": file("3"),
			" a b /docker-compose.yml": file("4"), "-rf/docker-compose.yml": file("5"), ".x/docker-compose.yml": file("6"),
			`back\slash/docker-compose.yml`: file("7"), "snö☃/docker-compose.yml": file("8"),
			"\ufffd/docker-compose.yml": file("9"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml(" a b ", "4"), yml(`"q'`, "1"), yml("%41", "3"), yml("-rf", "5"), yml(".x", "6"), yml("<script>", "2"),
			yml(`back\slash`, "7"), yml("snö☃", "8"), yml("\ufffd", "9"),
		}},
	}, {
		claim: "paths with control characters or bytes that are not UTF-8 are skipped, with only those escaped",
		layout: layout{
			"a\nb/docker-compose.yml": file("1"), "esc\x1b[1m/\"x\"/docker-compose.yml": file("2"),
			"\xffé\\/docker-compose.yaml": file("3"), "del\x7f/docker-compose.yml": file("4"),
			"next\u0085line/docker-compose.yml": file("5"), "ok/docker-compose.yml": file("6"),
			"\t/docker-compose.yml": file("7"), "\t/docker-compose.yaml": file("8"), "\xfe/none": file("9"),
		},
		want: shown{
			Stacks: []actors.DesiredStack{yml("ok", "6")},
			Skipped: []actors.Skipped{
				{Path: `\t/docker-compose.yaml`, Reason: reasonPath},
				{Path: `\t/docker-compose.yml`, Reason: reasonPath},
				{Path: `\xffé\/docker-compose.yaml`, Reason: reasonPath},
				{Path: `a\nb/docker-compose.yml`, Reason: reasonPath},
				{Path: `del\x7f/docker-compose.yml`, Reason: reasonPath},
				{Path: `esc\x1b[1m/"x"/docker-compose.yml`, Reason: reasonPath},
				{Path: `next\u0085line/docker-compose.yml`, Reason: reasonPath},
			},
		},
	}, {
		claim: "only what is under the deploy directory counts, itself included; paths start at the root",
		layout: layout{
			"docker-compose.yml": file("no"), "x/docker-compose.yml": file("no"), "x/y/docker-compose.yml": file("y"),
			"x/y/z/docker-compose.yml": file("z"), "x/ya/docker-compose.yml": file("no"),
		},
		settings: []func(*Settings){deployDir("x/y/")},
		want:     shown{Stacks: []actors.DesiredStack{yml("x/y", "y"), yml("x/y/z", "z")}},
	}} {
		t.Run(c.claim, c.run)
	}
}

func TestSymbolicLinksAreFollowedInsideTheRepository(t *testing.T) {
	chain := layout{"h/target": file("end")}
	for hop := range 11 {
		chain[fmt.Sprintf("h/hop%d", hop)] = link(fmt.Sprintf("hop%d", hop-1))
	}
	chain["h/hop0"] = link("target")
	chain["nine/docker-compose.yml"] = link("../h/hop8")
	chain["ten/docker-compose.yml"] = link("../h/hop9")
	name := func(dir string) string { return dir + "/docker-compose.yml" }
	for _, c := range []treeCase{{
		claim: "beside, above, elsewhere, through a linked directory",
		layout: layout{
			"common/base.yml": file("base"), "a/real.yml": file("a"), name("a"): link("real.yml"),
			name("b"): link("../common/base.yml"), name("c/d"): link("../../common/./x/..//base.yml"),
			"common/x/y": file(""), "alias": link("common/x"), name("e"): link("../alias/../base.yml"),
			name("f"): link("../c/../b/docker-compose.yml"), "docker-compose.yml": link("common/base.yml"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml(".", "base"), yml("a", "a"), yml("b", "base"), yml("c/d", "base"), yml("e", "base"), yml("f", "base"),
		}},
	}, {
		claim: "a file with the bytes of a link is a file, a link with those of a file is a link",
		layout: layout{
			name("a"): link("../x"), name("b"): file("../x"), "x": file("x"), name("y"): link("../z"), "z": file("../x"),
			"both/docker-compose.yaml": file("../z"), name("both"): link("gone"),
		},
		want: shown{
			Stacks:  []actors.DesiredStack{yml("a", "x"), yml("b", "../x"), yaml("both", "../z"), yml("y", "../x")},
			Skipped: []actors.Skipped{{Path: name("both"), Reason: "a symbolic link to nothing"}},
		},
	}, {
		claim:    "a target outside the deploy directory but inside the repository counts",
		layout:   layout{name("deploy/a"): link("../../base.yml"), "base.yml": file("base"), name("x"): file("no")},
		settings: []func(*Settings){deployDir("deploy")},
		want:     shown{Stacks: []actors.DesiredStack{yml("deploy/a", "base")}},
	}, {
		claim: "to nothing, out of the repository, to a directory, into a submodule, in a circle",
		layout: layout{
			name("a"): link("nothing.yml"), name("b"): link("/etc/passwd"), name("c"): link("../../x"),
			name("d"): link("../dir"), name("e"): link("../sub/x"), name("f"): link("docker-compose.yml"),
			name("g"): link("other"), "g/other": link("docker-compose.yml"), "dir/x": file("x"), "sub": submodule(),
			name("h"): link("../dir/x/"), name("i"): link("../dir/x/y"), name("j"): link("../sub"), name("k"): link("."),
			name("l"): link("../m"), "m": link("../../etc/passwd"), name("n"): link("../../r.git/config"),
			name("o"): link("a\x00b"), name("p"): link(strings.Repeat("x/", 3000)), name("q"): file("fine"),
			"docker-compose.yml": link("../r.git"),
		},
		want: shown{
			Stacks: []actors.DesiredStack{yml("q", "fine")},
			Skipped: []actors.Skipped{
				{Path: name("a"), Reason: "a symbolic link to nothing"},
				{Path: name("b"), Reason: "a symbolic link that leaves the repository"},
				{Path: name("c"), Reason: "a symbolic link that leaves the repository"},
				{Path: name("d"), Reason: "a symbolic link to a directory"},
				{Path: "docker-compose.yml", Reason: "a symbolic link that leaves the repository"},
				{Path: name("e"), Reason: "a symbolic link to or into a submodule"},
				{Path: name("f"), Reason: "a symbolic link that loops"},
				{Path: name("g"), Reason: "a symbolic link that loops"},
				{Path: name("h"), Reason: "a symbolic link to nothing"},
				{Path: name("i"), Reason: "a symbolic link to nothing"},
				{Path: name("j"), Reason: "a symbolic link to or into a submodule"},
				{Path: name("k"), Reason: "a symbolic link to a directory"},
				{Path: name("l"), Reason: "a symbolic link that leaves the repository"},
				{Path: name("n"), Reason: "a symbolic link that leaves the repository"},
				{Path: name("o"), Reason: "a symbolic link to nothing"},
				{Path: name("p"), Reason: "a symbolic link to nothing"},
			},
		},
	}, {
		claim:  "ten hops are followed, eleven are not",
		layout: chain,
		want: shown{
			Stacks:  []actors.DesiredStack{yml("nine", "end")},
			Skipped: []actors.Skipped{{Path: "ten/docker-compose.yml", Reason: "a symbolic link that takes more than 10 hops"}},
		},
	}, {
		claim: "where the link cannot be served the next name is; where it can the next name is shadowed",
		layout: layout{
			name("a"): link("nothing"), "a/docker-compose.yaml": file("a"),
			name("b"): link("docker-compose.yaml"), "b/docker-compose.yaml": file("b"),
			name("c"): file("c"), "c/docker-compose.yaml": link("nothing"),
		},
		want: shown{
			Stacks:   []actors.DesiredStack{yaml("a", "a"), yml("b", "b"), yml("c", "c")},
			Skipped:  []actors.Skipped{{Path: name("a"), Reason: "a symbolic link to nothing"}},
			Shadowed: []string{"b/docker-compose.yaml", "c/docker-compose.yaml"},
		},
	}, {
		claim:  "to a file that is too large",
		layout: layout{name("a"): link("../big"), "big": file(strings.Repeat("b", maxComposeFile+1))},
		want:   shown{Skipped: []actors.Skipped{{Path: name("a"), Reason: "a symbolic link to a file larger than 16 MiB"}}},
	}} {
		t.Run(c.claim, c.run)
	}
}

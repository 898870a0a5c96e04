package gitsource

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/index"
	"mooring/gitsource/object"
)

// newTestSource makes a Source of a URL or path, with the default names of compose files.
func newTestSource(t githost.Fatal, url string, change ...func(*Settings)) *Source {
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

func deployDir(dir string) func(*Settings) { return func(s *Settings) { s.DeployDir = dir } }

func trackedBy(ref string) func(*Settings) { return func(s *Settings) { s.Ref = ref } }

func composeNames(n ...string) func(*Settings) { return func(s *Settings) { s.ComposeFiles = n } }

func yml(path, data string) actors.DesiredStack {
	return actors.DesiredStack{Path: path, ComposeFile: "docker-compose.yml", Hash: hashOf(data)}
}

func yaml(path, data string) actors.DesiredStack {
	return actors.DesiredStack{Path: path, ComposeFile: "docker-compose.yaml", Hash: hashOf(data)}
}

// notShowable is the reason for a skipped path that cannot be shown.
const notShowable = "a path that is not UTF-8 or has control characters"

// treeCase is a commit and the expected state.
type treeCase struct {
	claim    string
	layout   githost.Layout
	settings []func(*Settings)
	want     shown
}

func (c treeCase) run(t *testing.T) {
	githost.EachFormat(t, c.runIn)
}

func (c treeCase) runIn(t *testing.T, format object.Format) {
	is := is.New(t)
	repository := githost.ImportOf(t, format, filepath.Join(t.TempDir(), "r.git"), githost.History{{Layout: c.layout}})
	state, err := newTestSource(t, repository.Dir, c.settings...).Fetch(t.Context(), actors.DesiredState{})
	is.NoErr(err)
	is.Equal(state.Revision, repository.Commits[0])
	want := c.want
	want.SortedAndDistinct = true
	is.Equal(show(state), show(actors.DesiredState{Stacks: want.Stacks, Skipped: want.Skipped, Shadowed: want.Shadowed}))
	for _, stack := range state.Stacks {
		if entry := c.layout[path.Join(stack.Path, stack.ComposeFile)]; entry.Mode == "120000" {
			continue // git show prints the link and not its target
		}
		name := state.Revision + ":" + path.Join(stack.Path, stack.ComposeFile)
		is.Equal(stack.Hash, hashOf(string(githost.Git(t, repository.Dir, nil, "cat-file", "blob", name))))
	}
}

func TestStacksAreFoundByTheRulesOfTheContract(t *testing.T) {
	large := strings.Repeat("a", index.MaxComposeFile)
	for _, c := range []treeCase{{
		claim:  "no compose file: success with an empty list",
		layout: githost.Layout{"README.md": githost.File("x"), "a/b/c.yml": githost.File("x")},
	}, {
		claim: "at any depth, at the root, and one in another",
		layout: githost.Layout{
			"docker-compose.yml": githost.File("root"), "a/docker-compose.yml": githost.File("a"), "a/b/c/docker-compose.yaml": githost.File("c"),
		},
		want: shown{Stacks: []actors.DesiredStack{yml(".", "root"), yml("a", "a"), yaml("a/b/c", "c")}},
	}, {
		claim: "sorted by path bytewise, which is not the order of trees",
		layout: githost.Layout{
			"a/docker-compose.yml": githost.File("1"), "a-b/docker-compose.yml": githost.File("2"), "a/b/docker-compose.yml": githost.File("3"),
			"a.b/docker-compose.yml": githost.File("4"), "a0/docker-compose.yml": githost.File("5"), "A/docker-compose.yml": githost.File("6"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml("A", "6"), yml("a", "1"), yml("a-b", "2"), yml("a.b", "4"), yml("a/b", "3"), yml("a0", "5"),
		}},
	}, {
		claim:  "both names: the first counts, the other is shadowed",
		layout: githost.Layout{"a/docker-compose.yaml": githost.File("2"), "a/docker-compose.yml": githost.File("1")},
		want:   shown{Stacks: []actors.DesiredStack{yml("a", "1")}, Shadowed: []string{"a/docker-compose.yaml"}},
	}, {
		claim:    "the names and their order are the settings'",
		layout:   githost.Layout{"a/compose.yaml": githost.File("1"), "a/stack.yml": githost.File("2"), "b/docker-compose.yml": githost.File("3")},
		settings: []func(*Settings){composeNames("stack.yml", "compose.yaml")},
		want: shown{
			Stacks:   []actors.DesiredStack{{Path: "a", ComposeFile: "stack.yml", Hash: hashOf("2")}},
			Shadowed: []string{"a/compose.yaml"},
		},
	}, {
		claim: "the same bytes and the same directory at two places: both are listed",
		layout: githost.Layout{
			"a/docker-compose.yml": githost.File("same"), "b/docker-compose.yml": githost.File("same"), "c/d/docker-compose.yml": githost.File("same"),
			"c/e/docker-compose.yaml": githost.File("same"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml("a", "same"), yml("b", "same"), yml("c/d", "same"), yaml("c/e", "same"),
		}},
	}, {
		claim: "raw bytes: empty, CRLF, BOM, binary, executable",
		layout: githost.Layout{
			"a/docker-compose.yml": githost.File(""), "b/docker-compose.yml": githost.File("a\r\nb\r\n"),
			"c/docker-compose.yml": githost.File("\ufeffa"), "d/docker-compose.yml": githost.File("\x00\xff\xfe"),
			"e/docker-compose.yml": githost.Executable("x"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml("a", ""), yml("b", "a\r\nb\r\n"), yml("c", "\ufeffa"), yml("d", "\x00\xff\xfe"), yml("e", "x"),
		}},
	}, {
		claim: "case counts, in names of files and of directories",
		layout: githost.Layout{
			"a/Docker-Compose.yml": githost.File("no"), "a/docker-compose.YML": githost.File("no"),
			"b/docker-compose.yml": githost.File("1"), "B/docker-compose.yml": githost.File("2"),
		},
		want: shown{Stacks: []actors.DesiredStack{yml("B", "2"), yml("b", "1")}},
	}, {
		claim: "up to 16 MiB is served, more is skipped, and the next name serves the stack",
		layout: githost.Layout{
			"a/docker-compose.yml": githost.File(large), "c/docker-compose.yml": githost.File(large + "c"),
			"c/docker-compose.yaml": githost.File("small"),
		},
		want: shown{
			Stacks:  []actors.DesiredStack{yml("a", large), yaml("c", "small")},
			Skipped: []actors.Skipped{{Path: "c/docker-compose.yml", Reason: "larger than 16 MiB"}},
		},
	}, {
		claim: "a directory of that name is skipped and entered, a submodule is skipped",
		layout: githost.Layout{
			"a/docker-compose.yml/docker-compose.yml": githost.File("in"), "b/docker-compose.yml": githost.Submodule(),
			"b/docker-compose.yaml": githost.File("b"), "c/docker-compose.yml": githost.File("c"),
			"c/docker-compose.yaml/x": githost.File("x"), "d": githost.Submodule(),
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
		layout: githost.Layout{
			`"q'/docker-compose.yml`: githost.File("1"), "<script>/docker-compose.yml": githost.File("2"), "%41/docker-compose.yml": githost.File("3"),
			" a b /docker-compose.yml": githost.File("4"), "-rf/docker-compose.yml": githost.File("5"), ".x/docker-compose.yml": githost.File("6"),
			`back\slash/docker-compose.yml`: githost.File("7"), "snö☃/docker-compose.yml": githost.File("8"),
			"\ufffd/docker-compose.yml": githost.File("9"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml(" a b ", "4"), yml(`"q'`, "1"), yml("%41", "3"), yml("-rf", "5"), yml(".x", "6"), yml("<script>", "2"),
			yml(`back\slash`, "7"), yml("snö☃", "8"), yml("\ufffd", "9"),
		}},
	}, {
		claim: "paths with control characters or bytes that are not UTF-8 are skipped, with only those escaped",
		layout: githost.Layout{
			"a\nb/docker-compose.yml": githost.File("1"), "esc\x1b[1m/\"x\"/docker-compose.yml": githost.File("2"),
			"\xffé\\/docker-compose.yaml": githost.File("3"), "del\x7f/docker-compose.yml": githost.File("4"),
			"next\u0085line/docker-compose.yml": githost.File("5"), "ok/docker-compose.yml": githost.File("6"),
			"\t/docker-compose.yml": githost.File("7"), "\t/docker-compose.yaml": githost.File("8"), "\xfe/none": githost.File("9"),
		},
		want: shown{
			Stacks: []actors.DesiredStack{yml("ok", "6")},
			Skipped: []actors.Skipped{
				{Path: `\t/docker-compose.yaml`, Reason: notShowable},
				{Path: `\t/docker-compose.yml`, Reason: notShowable},
				{Path: `\xffé\/docker-compose.yaml`, Reason: notShowable},
				{Path: `a\nb/docker-compose.yml`, Reason: notShowable},
				{Path: `del\x7f/docker-compose.yml`, Reason: notShowable},
				{Path: `esc\x1b[1m/"x"/docker-compose.yml`, Reason: notShowable},
				{Path: `next\u0085line/docker-compose.yml`, Reason: notShowable},
			},
		},
	}, {
		claim: "only what is under the deploy directory counts, itself included; paths start at the root",
		layout: githost.Layout{
			"docker-compose.yml": githost.File("no"), "x/docker-compose.yml": githost.File("no"), "x/y/docker-compose.yml": githost.File("y"),
			"x/y/z/docker-compose.yml": githost.File("z"), "x/ya/docker-compose.yml": githost.File("no"),
		},
		settings: []func(*Settings){deployDir("x/y/")},
		want:     shown{Stacks: []actors.DesiredStack{yml("x/y", "y"), yml("x/y/z", "z")}},
	}} {
		t.Run(c.claim, c.run)
	}
}

func TestSymbolicLinksAreFollowedInsideTheRepository(t *testing.T) {
	chain := githost.Layout{"h/target": githost.File("end")}
	for hop := range 11 {
		chain[fmt.Sprintf("h/hop%d", hop)] = githost.Link(fmt.Sprintf("hop%d", hop-1))
	}
	chain["h/hop0"] = githost.Link("target")
	chain["nine/docker-compose.yml"] = githost.Link("../h/hop8")
	chain["ten/docker-compose.yml"] = githost.Link("../h/hop9")
	name := func(dir string) string { return dir + "/docker-compose.yml" }
	for _, c := range []treeCase{{
		claim: "beside, above, elsewhere, through a linked directory",
		layout: githost.Layout{
			"common/base.yml": githost.File("base"), "a/real.yml": githost.File("a"), name("a"): githost.Link("real.yml"),
			name("b"): githost.Link("../common/base.yml"), name("c/d"): githost.Link("../../common/./x/..//base.yml"),
			"common/x/y": githost.File(""), "alias": githost.Link("common/x"), name("e"): githost.Link("../alias/../base.yml"),
			name("f"): githost.Link("../c/../b/docker-compose.yml"), "docker-compose.yml": githost.Link("common/base.yml"),
		},
		want: shown{Stacks: []actors.DesiredStack{
			yml(".", "base"), yml("a", "a"), yml("b", "base"), yml("c/d", "base"), yml("e", "base"), yml("f", "base"),
		}},
	}, {
		claim: "a file with the bytes of a link is a file, a link with those of a file is a link",
		layout: githost.Layout{
			name("a"): githost.Link("../x"), name("b"): githost.File("../x"), "x": githost.File("x"), name("y"): githost.Link("../z"), "z": githost.File("../x"),
			"both/docker-compose.yaml": githost.File("../z"), name("both"): githost.Link("gone"),
		},
		want: shown{
			Stacks:  []actors.DesiredStack{yml("a", "x"), yml("b", "../x"), yaml("both", "../z"), yml("y", "../x")},
			Skipped: []actors.Skipped{{Path: name("both"), Reason: "a symbolic link to nothing"}},
		},
	}, {
		claim:    "a target outside the deploy directory but inside the repository counts",
		layout:   githost.Layout{name("deploy/a"): githost.Link("../../base.yml"), "base.yml": githost.File("base"), name("x"): githost.File("no")},
		settings: []func(*Settings){deployDir("deploy")},
		want:     shown{Stacks: []actors.DesiredStack{yml("deploy/a", "base")}},
	}, {
		claim: "to nothing, out of the repository, to a directory, into a submodule, in a circle",
		layout: githost.Layout{
			name("a"): githost.Link("nothing.yml"), name("b"): githost.Link("/etc/passwd"), name("c"): githost.Link("../../x"),
			name("d"): githost.Link("../dir"), name("e"): githost.Link("../sub/x"), name("f"): githost.Link("docker-compose.yml"),
			name("g"): githost.Link("other"), "g/other": githost.Link("docker-compose.yml"), "dir/x": githost.File("x"), "sub": githost.Submodule(),
			name("h"): githost.Link("../dir/x/"), name("i"): githost.Link("../dir/x/y"), name("j"): githost.Link("../sub"), name("k"): githost.Link("."),
			name("l"): githost.Link("../m"), "m": githost.Link("../../etc/passwd"), name("n"): githost.Link("../../r.git/config"),
			name("o"): githost.Link("a\x00b"), name("p"): githost.Link(strings.Repeat("x/", 3000)), name("q"): githost.File("fine"),
			"docker-compose.yml": githost.Link("../r.git"),
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
		layout: githost.Layout{
			name("a"): githost.Link("nothing"), "a/docker-compose.yaml": githost.File("a"),
			name("b"): githost.Link("docker-compose.yaml"), "b/docker-compose.yaml": githost.File("b"),
			name("c"): githost.File("c"), "c/docker-compose.yaml": githost.Link("nothing"),
		},
		want: shown{
			Stacks:   []actors.DesiredStack{yaml("a", "a"), yml("b", "b"), yml("c", "c")},
			Skipped:  []actors.Skipped{{Path: name("a"), Reason: "a symbolic link to nothing"}},
			Shadowed: []string{"b/docker-compose.yaml", "c/docker-compose.yaml"},
		},
	}, {
		claim:  "to a file that is too large",
		layout: githost.Layout{name("a"): githost.Link("../big"), "big": githost.File(strings.Repeat("b", index.MaxComposeFile+1))},
		want:   shown{Skipped: []actors.Skipped{{Path: name("a"), Reason: "a symbolic link to a file larger than 16 MiB"}}},
	}} {
		t.Run(c.claim, c.run)
	}
}

package gitsource

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"mooring/actors"
	"mooring/gitsource/githost"
)

// expected is the expected state of a commit, found by other means than the code under test: git ls-tree lists the
// files and the directories, git cat-file prints them, and links are followed on paths as strings.
func expected(t githost.Fatal, dir, revision, deployDir string, names []string) shown {
	t.Helper()
	o := oracle{files: readCommit(t, dir, revision), directories: map[string]bool{".": true}}
	for name := range o.files {
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			o.directories[parent] = true
		}
	}
	var state actors.DesiredState
	for parent := range o.directories {
		if deployDir == "." || parent == deployDir || strings.HasPrefix(parent, deployDir+"/") {
			o.look(parent, names, &state)
		}
	}
	slices.SortFunc(state.Stacks, func(a, b actors.DesiredStack) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(state.Skipped, func(a, b actors.Skipped) int { return strings.Compare(a.Path, b.Path) })
	slices.Sort(state.Shadowed)
	trees := readTrees(t, dir, revision)
	for i, stack := range state.Stacks {
		state.Stacks[i].Tree = trees[stack.Path]
	}
	return showTrees(state)
}

// readTrees returns the ids of the directories of a commit, by path.
func readTrees(t githost.Fatal, dir, revision string) map[string]actors.Tree {
	t.Helper()
	trees := map[string]actors.Tree{}
	add := func(path, digits string) {
		id, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatalf("git ls-tree: %v", err)
		}
		trees[path] = actors.Tree(id)
	}
	add(".", strings.TrimSpace(string(githost.Git(t, dir, nil, "rev-parse", revision+"^{tree}"))))
	listing := string(githost.Git(t, dir, nil, "ls-tree", "-r", "-d", "-z", "--full-tree", revision))
	for line := range strings.SplitSeq(listing, "\x00") {
		info, name, _ := strings.Cut(line, "\t")
		if fields := strings.Fields(info); len(fields) == 3 {
			add(name, fields[2])
		}
	}
	return trees
}

// readCommit returns the files of a commit, by path.
func readCommit(t githost.Fatal, dir, revision string) githost.Layout {
	t.Helper()
	files := githost.Layout{}
	var names []string
	var ids bytes.Buffer
	listing := string(githost.Git(t, dir, nil, "ls-tree", "-r", "-z", "--full-tree", revision))
	for line := range strings.SplitSeq(listing, "\x00") {
		if line == "" {
			continue
		}
		info, name, _ := strings.Cut(line, "\t")
		fields := strings.Fields(info)
		files[name] = githost.Entry{Mode: fields[0]}
		if fields[1] == "blob" {
			names = append(names, name)
			fmt.Fprintln(&ids, fields[2])
		}
	}
	printed := bufio.NewReader(bytes.NewReader(githost.Git(t, dir, &ids, "cat-file", "--batch")))
	for _, name := range names {
		var id, kind string
		var size int
		if _, err := fmt.Fscanln(printed, &id, &kind, &size); err != nil {
			t.Fatalf("git cat-file: %v", err)
		}
		data := make([]byte, size+1)
		if _, err := io.ReadFull(printed, data); err != nil {
			t.Fatalf("git cat-file: %v", err)
		}
		files[name] = githost.Entry{Mode: files[name].Mode, Data: string(data[:size])}
	}
	return files
}

// tooFar stands for both reasons why a link is not followed to its end. The oracle does not tell them apart.
const tooFar = "a symbolic link that leads too far"

// forOracle makes the skipped entries of a state comparable with those of an oracle.
func forOracle(state actors.DesiredState) shown {
	state.Skipped = slices.Clone(state.Skipped)
	for i, skipped := range state.Skipped {
		switch skipped.Reason {
		case "a symbolic link that loops", "a symbolic link that takes more than 10 hops":
			state.Skipped[i].Reason = tooFar
		}
	}
	return showTrees(state)
}

// oracle knows a commit by the paths in it.
type oracle struct {
	files       githost.Layout
	directories map[string]bool
}

// look adds the entries of a directory to the state.
func (o oracle) look(parent string, names []string, state *actors.DesiredState) {
	served := false
	for _, name := range names {
		at := path.Join(parent, name)
		entry, isEntry := o.files[at]
		var hash, reason string
		switch {
		case o.directories[at]:
			reason = "a directory, not a file"
		case !isEntry:
			continue
		case entry.Mode == "160000":
			reason = "a submodule, not a file"
		case served:
			state.Shadowed = append(state.Shadowed, at)
			continue
		case entry.Mode == "120000":
			var target string
			if target, reason = o.follow(parent, strings.Split(entry.Data, "/"), 1); reason == "" {
				hash = hashOf(o.files[target].Data)
			}
		default:
			hash = hashOf(entry.Data)
		}
		if reason != "" {
			state.Skipped = append(state.Skipped, actors.Skipped{Path: at, Reason: reason})
			continue
		}
		served = true
		state.Stacks = append(state.Stacks, actors.DesiredStack{Path: parent, ComposeFile: name, Hash: hash})
	}
}

// follow returns the file at the end of a path's components, from a directory that is no link.
func (o oracle) follow(from string, components []string, hops int) (target, reason string) {
	if hops > 10 {
		return "", tooFar
	}
	for i, component := range components {
		next := path.Join(from, component)
		entry, isEntry := o.files[next]
		switch {
		case component == "..":
			if from == "." {
				return "", "a symbolic link that leaves the repository"
			}
			from = path.Dir(from)
		case component == "" && i == 0 && len(components) > 1:
			return "", "a symbolic link that leaves the repository"
		case component == "" || component == "." || o.directories[next]:
			from = next
		case !isEntry:
			return "", "a symbolic link to nothing"
		case entry.Mode == "160000":
			return "", "a symbolic link to or into a submodule"
		case entry.Mode == "120000":
			rest := append(strings.Split(entry.Data, "/"), components[i+1:]...)
			return o.follow(from, rest, hops+1)
		case i < len(components)-1:
			return "", "a symbolic link to nothing"
		default:
			return next, ""
		}
	}
	return "", "a symbolic link to a directory"
}

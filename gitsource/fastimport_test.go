package gitsource

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"mooring/actors"
)

// fatal is what testing.T, testing.B and rapid.T have in common.
type fatal interface {
	Helper()
	Fatalf(format string, arguments ...any)
}

// content is what stands at a path of a test's commit.
type content struct {
	mode, data string
}

// GoString shows no more of long contents than tells them apart.
func (c content) GoString() string { return fmt.Sprintf("%s %.40q", c.mode, c.data) }

func file(data string) content       { return content{"100644", data} }
func executable(data string) content { return content{"100755", data} }
func link(target string) content     { return content{"120000", target} }
func submodule() content             { return content{"160000", strings.Repeat("1", 40)} }

// layout is everything in a commit, by path.
type layout map[string]content

// with returns the layout with changes; a zero content removes what is there.
func (l layout) with(changes layout) layout {
	next := maps.Clone(l)
	for path, change := range changes {
		if next[path] = change; change == (content{}) {
			delete(next, path)
		}
	}
	return next
}

// history are commits to be made; the parents of each are places in the list.
type history []commit

type commit struct {
	layout  layout
	parents []int
}

// bareRepository is a repository without a work tree, served whole: filters and single objects included.
type bareRepository struct {
	dir string
	// commits are the ids of a history's commits.
	commits []string
}

// importHistory makes a repository of a history. Its branch main is at the last commit. Nothing goes through a file
// system, so names and modes can be what no checkout would have.
func importHistory(t fatal, dir string, h history) *bareRepository {
	t.Helper()
	r := &bareRepository{dir: dir}
	runGit(t, "", nil, "init", "--quiet", "--bare", "--initial-branch=main", dir)
	config, err := os.OpenFile(filepath.Join(dir, "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatalf("open config: %v", err)
	}
	defer config.Close()
	fmt.Fprint(config, "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n")
	r.add(t, h)
	return r
}

// add makes further commits; their parents are places among all the commits of the repository.
func (r *bareRepository) add(t fatal, h history) {
	t.Helper()
	var stream bytes.Buffer
	start := len(r.commits)
	for i, c := range h {
		c.write(&stream, start+i, r.commits)
	}
	fmt.Fprintln(&stream, "done")
	runGit(t, r.dir, &stream, "fast-import", "--quiet", "--force", "--done", "--export-marks=marks")
	marks, err := os.ReadFile(filepath.Join(r.dir, "marks"))
	if err != nil {
		t.Fatalf("read marks: %v", err)
	}
	ids := map[string]string{}
	for line := range strings.Lines(string(marks)) {
		mark, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		ids[mark] = id
	}
	for i := range h {
		r.commits = append(r.commits, ids[fmt.Sprint(":", start+i+1)])
	}
	r.moveMain(t, r.commits[len(r.commits)-1])
}

func (c commit) write(stream *bytes.Buffer, number int, known []string) {
	fmt.Fprintf(stream, "commit refs/imported/%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata 1\nx\n",
		number, number+1, 1_700_000_000+number)
	for i, parent := range c.parents {
		name := fmt.Sprint(":", parent+1)
		if parent < len(known) {
			name = known[parent]
		}
		fmt.Fprintf(stream, "%s %s\n", []string{"from", "merge"}[min(i, 1)], name)
	}
	fmt.Fprintln(stream, "deleteall")
	for _, path := range slices.Sorted(maps.Keys(c.layout)) {
		entry := c.layout[path]
		if entry.mode == "160000" {
			fmt.Fprintf(stream, "M %s %s %s\n", entry.mode, entry.data, quotePath(path))
			continue
		}
		fmt.Fprintf(stream, "M %s inline %s\ndata %d\n%s\n", entry.mode, quotePath(path), len(entry.data), entry.data)
	}
}

// moveMain forces the branch main to a commit.
func (r *bareRepository) moveMain(t fatal, id string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, "refs", "heads", "main"), []byte(id+"\n"), 0o600); err != nil {
		t.Fatalf("move main: %v", err)
	}
}

// quotePath writes a path as git-fast-import reads any bytes: as a C string.
func quotePath(path string) string {
	var quoted strings.Builder
	for i := range len(path) {
		fmt.Fprintf(&quoted, `\%03o`, path[i])
	}
	return `"` + quoted.String() + `"`
}

// runGit runs the git program in a repository and returns what it prints.
func runGit(t fatal, dir string, input *bytes.Buffer, arguments ...string) []byte {
	t.Helper()
	command := exec.Command("git", arguments...)
	command.Dir = dir
	command.Env = gitEnvironment()
	if input != nil {
		command.Stdin = input
	}
	var complaint bytes.Buffer
	command.Stderr = &complaint
	output, err := command.Output()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(arguments, " "), err, complaint.Bytes())
	}
	return output
}

// hashOf is the hash of a file's bytes, computed without package hashing: as sha256sum prints it.
func hashOf(data string) string {
	sum := sha256.Sum256([]byte(data))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// shown is a desired state in a form that tests can compare and read.
type shown struct {
	Stacks            []actors.DesiredStack
	Skipped           []actors.Skipped
	Shadowed          []string
	SortedAndDistinct bool
}

func show(state actors.DesiredState) shown {
	byPath := func(a, b actors.DesiredStack) int { return strings.Compare(a.Path, b.Path) }
	samePath := func(a, b actors.DesiredStack) bool { return a.Path == b.Path }
	distinct := slices.CompactFunc(slices.Clone(state.Stacks), samePath)
	return shown{
		Stacks:            append([]actors.DesiredStack{}, state.Stacks...),
		Skipped:           append([]actors.Skipped{}, state.Skipped...),
		Shadowed:          append([]string{}, state.Shadowed...),
		SortedAndDistinct: slices.IsSortedFunc(state.Stacks, byPath) && len(distinct) == len(state.Stacks),
	}
}

// removeLoose takes an object out of a repository that keeps it in a file of its own.
func removeLoose(t fatal, r *testRepository, id string) {
	t.Helper()
	if err := os.Remove(filepath.Join(r.dir, ".git", "objects", id[:2], id[2:])); err != nil {
		t.Fatalf("remove an object: %v", err)
	}
}

// idOf is the id that the digits write.
func idOf(digits string) objectID {
	id, ok := parseID(digits)
	if !ok {
		panic("no id: " + digits)
	}
	return id
}

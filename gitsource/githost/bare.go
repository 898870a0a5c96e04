package githost

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mooring/gitsource/object"
)

// Bare is a repository without a work tree. It allows filters and requests for single objects.
type Bare struct {
	// Dir is its directory.
	Dir string
	// Format is the format of its ids.
	Format object.Format
	// Commits are the ids of its commits, by their numbers in the History.
	Commits []string
}

// Import makes a repository with a history, with its branch main at the last commit. It makes no checkout, so names and
// modes may be such that no checkout is possible. Its ids are SHA-1.
func Import(t Fatal, dir string, h History) *Bare {
	t.Helper()
	return ImportOf(t, object.SHA1, dir, h)
}

// ImportOf is Import for ids of any format.
func ImportOf(t Fatal, format object.Format, dir string, h History) *Bare {
	t.Helper()
	r := &Bare{Dir: dir, Format: format}
	Git(t, "", nil, "init", "--quiet", "--bare", "--initial-branch=main", "--object-format="+format.String(), dir)
	config, err := os.OpenFile(filepath.Join(dir, "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatalf("open config: %v", err)
	}
	defer config.Close()
	fmt.Fprint(config, "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n")
	r.Add(t, h)
	return r
}

// Add makes further commits. Their parents are numbers among all commits of the repository.
func (r *Bare) Add(t Fatal, h History) {
	t.Helper()
	var stream bytes.Buffer
	start := len(r.Commits)
	for i, c := range h {
		c.write(&stream, start+i, r)
	}
	fmt.Fprintln(&stream, "done")
	Git(t, r.Dir, &stream, "fast-import", "--quiet", "--force", "--done", "--export-marks=marks")
	marks, err := os.ReadFile(filepath.Join(r.Dir, "marks"))
	if err != nil {
		t.Fatalf("read marks: %v", err)
	}
	ids := map[string]string{}
	for line := range strings.Lines(string(marks)) {
		mark, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		ids[mark] = id
	}
	for i := range h {
		r.Commits = append(r.Commits, ids[fmt.Sprint(":", start+i+1)])
	}
	r.MoveMain(t, r.Commits[len(r.Commits)-1])
}

// MoveMain moves the branch main to a commit.
func (r *Bare) MoveMain(t Fatal, id string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.Dir, "refs", "heads", "main"), []byte(id+"\n"), 0o600); err != nil {
		t.Fatalf("move main: %v", err)
	}
}

// WriteTree makes a tree object of any bytes and returns its id.
func (r *Bare) WriteTree(t Fatal, tree string) string {
	t.Helper()
	return r.Says(t, bytes.NewBufferString(tree), "hash-object", "-t", "tree", "--literally", "-w", "--stdin")
}

// Says runs the git program in the repository and returns the line that it prints.
func (r *Bare) Says(t Fatal, input *bytes.Buffer, arguments ...string) string {
	t.Helper()
	return strings.TrimSpace(string(Git(t, r.Dir, input, arguments...)))
}

// AddTree makes a commit of a tree, on the last commit, and moves main to it.
func (r *Bare) AddTree(t Fatal, tree string) {
	t.Helper()
	last := r.Commits[len(r.Commits)-1]
	r.Commits = append(r.Commits, r.Says(t, nil, "commit-tree", tree, "-p", last, "-m", "x"))
	r.MoveMain(t, r.Commits[len(r.Commits)-1])
}

// RawEntry is an entry of a tree in its stored form.
func RawEntry(mode, name, id string) string {
	raw := ID(id)
	return mode + " " + name + "\x00" + string(raw[:len(id)/2])
}

package githost

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Entry is an entry at a path of a commit.
type Entry struct {
	// Mode is in octal, as git writes it. Data is the content or the target of a link.
	Mode, Data string
}

// GoString shows the beginning of a long content.
func (c Entry) GoString() string { return fmt.Sprintf("%s %.40q", c.Mode, c.Data) }

// File is a regular file.
func File(data string) Entry { return Entry{"100644", data} }

// Executable is a file that may be executed.
func Executable(data string) Entry { return Entry{"100755", data} }

// Link is a symbolic link.
func Link(target string) Entry { return Entry{"120000", target} }

// Submodule is a submodule at some commit.
func Submodule() Entry { return Entry{Mode: "160000"} }

// Layout is everything in a commit, by path.
type Layout map[string]Entry

// With returns a changed layout. The zero Entry removes the entry at its path.
func (l Layout) With(changes Layout) Layout {
	next := maps.Clone(l)
	for path, change := range changes {
		if next[path] = change; change == (Entry{}) {
			delete(next, path)
		}
	}
	return next
}

// History is commits to be made, one after another.
type History []Commit

// Commit is a commit to be made.
type Commit struct {
	// Layout is the whole content of the commit.
	Layout Layout
	// Parents are the numbers of its parents in the History; none for a root commit.
	Parents []int
}

// write writes the commit for git-fast-import into a repository that has the earlier commits.
func (c Commit) write(stream *bytes.Buffer, number int, into *Bare) {
	fmt.Fprintf(stream, "commit refs/imported/%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata 1\nx\n",
		number, number+1, 1_700_000_000+number)
	for i, parent := range c.Parents {
		name := fmt.Sprint(":", parent+1)
		if parent < len(into.Commits) {
			name = into.Commits[parent]
		}
		fmt.Fprintf(stream, "%s %s\n", []string{"from", "merge"}[min(i, 1)], name)
	}
	fmt.Fprintln(stream, "deleteall")
	for _, path := range slices.Sorted(maps.Keys(c.Layout)) {
		entry := c.Layout[path]
		if entry.Mode == "160000" {
			fmt.Fprintf(stream, "M %s %s %s\n", entry.Mode, strings.Repeat("1", into.Format.Digits()), quotePath(path))
			continue
		}
		fmt.Fprintf(stream, "M %s inline %s\ndata %d\n%s\n", entry.Mode, quotePath(path), len(entry.Data), entry.Data)
	}
}

// quotePath writes a path as a C string, in which git-fast-import reads any bytes.
func quotePath(path string) string {
	var quoted strings.Builder
	for i := range len(path) {
		fmt.Fprintf(&quoted, `\%03o`, path[i])
	}
	return `"` + quoted.String() + `"`
}

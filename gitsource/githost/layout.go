package githost

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Entry is what stands at a path of a test's commit.
type Entry struct {
	Mode, Data string
}

// GoString shows no more of long contents than tells them apart.
func (c Entry) GoString() string { return fmt.Sprintf("%s %.40q", c.Mode, c.Data) }

func File(data string) Entry { return Entry{"100644", data} }

func Executable(data string) Entry { return Entry{"100755", data} }

func Link(target string) Entry { return Entry{"120000", target} }

func Submodule() Entry { return Entry{"160000", strings.Repeat("1", 40)} }

// Layout is everything in a commit, by path.
type Layout map[string]Entry

// With returns the layout with changes; a zero content removes what is there.
func (l Layout) With(changes Layout) Layout {
	next := maps.Clone(l)
	for path, change := range changes {
		if next[path] = change; change == (Entry{}) {
			delete(next, path)
		}
	}
	return next
}

// History are commits to be made; the parents of each are places in the list.
type History []Commit

type Commit struct {
	Layout  Layout
	Parents []int
}

func (c Commit) write(stream *bytes.Buffer, number int, known []string) {
	fmt.Fprintf(stream, "commit refs/imported/%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata 1\nx\n",
		number, number+1, 1_700_000_000+number)
	for i, parent := range c.Parents {
		name := fmt.Sprint(":", parent+1)
		if parent < len(known) {
			name = known[parent]
		}
		fmt.Fprintf(stream, "%s %s\n", []string{"from", "merge"}[min(i, 1)], name)
	}
	fmt.Fprintln(stream, "deleteall")
	for _, path := range slices.Sorted(maps.Keys(c.Layout)) {
		entry := c.Layout[path]
		if entry.Mode == "160000" {
			fmt.Fprintf(stream, "M %s %s %s\n", entry.Mode, entry.Data, quotePath(path))
			continue
		}
		fmt.Fprintf(stream, "M %s inline %s\ndata %d\n%s\n", entry.Mode, quotePath(path), len(entry.Data), entry.Data)
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

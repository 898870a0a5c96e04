package checkout

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
	"pgregory.net/rapid"
)

// model is what a checkout should have on the disk. It is right as long as no two stacks share a path.
type model struct {
	stacks  map[string]commit
	foreign commit
}

// TestWhateverHappensTheTreeHasWhatTheStacksAreMadeOf puts and forgets random files, and does to the tree what operators
// and containers do. Each successful Put has the stack's files on the disk then, nothing that is foreign is lost, and
// nothing that the stacks are not made of stays.
func TestWhateverHappensTheTreeHasWhatTheStacksAreMadeOf(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		is := is.New(t)
		work, err := os.MkdirTemp(base, "")
		is.NoErr(err)
		d, err := Open(work)
		is.NoErr(err)
		contents, m := newBlobs(), model{map[string]commit{}, commit{}}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			stack := rapid.SampledFrom([]string{"a", "b", "c/d"}).Draw(t, "stack")
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				_, err := d.Forget(t.Context(), stack)
				is.NoErr(err)
				delete(m.stacks, stack)
			case 1:
				is.NoErr(d.Close())
				d, err = Open(work)
				is.NoErr(err)
			case 2: // an operator's file, which Git does not have
				name := stack + "/own" + rapid.StringMatching(`[x-z]`).Draw(t, "own")
				is.NoErr(os.MkdirAll(filepath.Join(work, "tree", stack), 0o755))
				is.NoErr(os.WriteFile(filepath.Join(work, "tree", name), []byte("own"), 0o644))
				m.foreign[name] = "own"
			default:
				files := drawFiles(t, stack)
				_, err := d.Put(t.Context(), stack, contents.files(files), contents)
				is.NoErr(err)
				if m.stacks[stack] = files; len(files) == 0 {
					delete(m.stacks, stack)
				}
			}
			want := maps.Clone(m.foreign)
			for _, files := range m.stacks {
				maps.Copy(want, files)
			}
			got := onDisk(t, work+"/tree")
			for path := range got { // an operator may have made the directory of a stack
				if strings.HasSuffix(path, "/") {
					delete(got, path)
				}
			}
			is.Equal(got, want)
		}
		is.NoErr(d.Close())
	})
}

// drawFiles draws files of a stack: few names, so that files, links and directories often take each other's place.
func drawFiles(t *rapid.T, stack string) commit {
	files := commit{}
	taken := map[string]bool{}
	for range rapid.IntRange(0, 5).Draw(t, "files") {
		name := stack
		for range rapid.IntRange(1, 3).Draw(t, "depth") {
			name += "/" + rapid.SampledFrom([]string{"p", "q"}).Draw(t, "part")
		}
		if conflicts(taken, name) {
			continue
		}
		taken[name] = true
		suffix := rapid.SampledFrom([]string{"", "", "@", "*"}).Draw(t, "mode")
		files[name+suffix] = fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "content"))
	}
	return files
}

// conflicts tells whether a name is taken, or is above or below one that is.
func conflicts(taken map[string]bool, name string) bool {
	for other := range taken {
		if other == name || strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") {
			return true
		}
	}
	return false
}

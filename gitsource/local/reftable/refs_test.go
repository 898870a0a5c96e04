package reftable

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/tablemaker"
)

// number is an id that tells of its number.
func number(n int) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, sizeOfSHA1), uint64(n))[:sizeOfSHA1]
}

// openStack makes a directory of tables in a repository's directory.
func openStack(t *testing.T, gitDir string) *tablemaker.Stack {
	t.Helper()
	stack, err := tablemaker.Open(filepath.Join(gitDir, "reftable"), tablemaker.Git(sizeOfSHA1))
	is.New(t).NoErr(err)
	return stack
}

// Git adds and merges tables all the time. A reader sees no older value than before, and always finds HEAD, although the
// branch that it names is replaced by another one.
func TestNoRefMovesBackOrIsLostWhileTablesAreMerged(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	stack := openStack(t, dir)
	is.NoErr(stack.Add(tablemaker.Record{Name: "refs/heads/old", ID: number(7)}))
	branch := func(n int) string { return fmt.Sprintf("refs/heads/b%d", n%2) }
	step := func(n int) error {
		return stack.Add(
			tablemaker.Record{Name: "HEAD", Target: branch(n)},
			tablemaker.Record{Name: branch(n), ID: number(n)},
			tablemaker.Record{Name: branch(n + 1)},
		)
	}
	is.NoErr(step(0))
	const last = 150
	written := make(chan error, 1)
	go func() { // ends after the last update; the test waits for what it sends
		var err error
		for n := 1; n <= last && err == nil; n++ {
			if err = step(n); err == nil && n%3 > 0 {
				err = stack.Merge((n%2)*(stack.Len()-2), stack.Len())
			}
		}
		written <- err
	}()
	refs, before := New(dir, dir, sizeOfSHA1), 0
	for isDone := false; !isDone; {
		select {
		case err := <-written:
			is.NoErr(err)
			isDone = true
		default:
		}
		id, err := refs.Resolve("HEAD")
		is.NoErr(err)
		is.Equal(len(id), sizeOfSHA1)
		now := int(binary.BigEndian.Uint64(id))
		is.True(now >= before)
		before = now
		id, err = refs.Resolve("refs/heads/old")
		is.NoErr(err)
		is.Equal(id, number(7))
	}
	is.Equal(before, last)
}

func TestATableThatIsListedAndMissingIsDamage(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	stack := openStack(t, dir)
	is.NoErr(stack.Add(tablemaker.Record{Name: "refs/heads/main", ID: number(1)}))
	is.NoErr(stack.Add(tablemaker.Record{Name: "refs/heads/main", ID: number(2)}))
	tables, err := filepath.Glob(filepath.Join(dir, "reftable", "0x000000000002*"))
	is.NoErr(err)
	is.NoErr(os.Remove(tables[0]))
	_, err = New(dir, dir, sizeOfSHA1).Resolve("refs/heads/main")
	is.True(isProtocolError(err))
	is.True(!strings.Contains(err.Error(), dir))
}

func TestAListThatNamesAnotherDirectoryIsDamage(t *testing.T) {
	for _, list := range []string{"../x.ref\n", "/etc/passwd\n", "a/b\n", "..\n", "a\x00\n", strings.Repeat("x\n", maxList/2+1)} {
		is := is.New(t)
		dir := t.TempDir()
		openStack(t, dir)
		is.NoErr(os.WriteFile(filepath.Join(dir, "reftable", "tables.list"), []byte(list), 0o600))
		_, err := New(dir, dir, sizeOfSHA1).Resolve("refs/heads/main")
		is.True(isProtocolError(err))
	}
}

func TestNoTablesAreAnEmptyRepository(t *testing.T) {
	for _, list := range []string{"", "\n"} {
		is := is.New(t)
		dir := t.TempDir()
		openStack(t, dir)
		is.NoErr(os.WriteFile(filepath.Join(dir, "reftable", "tables.list"), []byte(list), 0o600))
		refs := New(dir, dir, sizeOfSHA1)
		id, err := refs.Resolve("HEAD")
		is.NoErr(err)
		is.Equal(id, nil)
		isEmpty, err := refs.IsEmpty()
		is.NoErr(err)
		is.True(isEmpty)
	}
}

func TestSymbolicRefsAreFollowedAsFarAsGitFollowsThem(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	is.NoErr(openStack(t, dir).Add(
		tablemaker.Record{Name: "refs/heads/s0", ID: number(1)},
		tablemaker.Record{Name: "refs/heads/s1", Target: "refs/heads/s0"},
		tablemaker.Record{Name: "refs/heads/s2", Target: "refs/heads/s1"},
		tablemaker.Record{Name: "refs/heads/s3", Target: "refs/heads/s2"},
		tablemaker.Record{Name: "refs/heads/s4", Target: "refs/heads/s3"},
		tablemaker.Record{Name: "refs/heads/s5", Target: "refs/heads/s4"},
		tablemaker.Record{Name: "refs/heads/loop", Target: "refs/heads/loop"},
		tablemaker.Record{Name: "refs/heads/dangling", Target: "refs/heads/gone"},
	))
	refs := New(dir, dir, sizeOfSHA1)
	for name, want := range map[string][]byte{"s0": number(1), "s1": number(1), "s4": number(1), "dangling": nil} {
		id, err := refs.Resolve("refs/heads/" + name)
		is.NoErr(err)
		is.True(bytes.Equal(id, want))
	}
	for _, name := range []string{"s5", "loop"} {
		_, err := refs.Resolve("refs/heads/" + name)
		is.True(isProtocolError(err))
	}
}

// git-worktree, "REFS".
func TestALinkedWorktreeHasSomeRefsOfItsOwn(t *testing.T) {
	is := is.New(t)
	common, own := t.TempDir(), t.TempDir()
	names := []string{"HEAD", "refs/bisect/bad", "refs/worktree/a", "refs/rewritten/a", "refs/heads/main", "refs/tags/a", "refs/x"}
	for i, dir := range []string{common, own} {
		var records []tablemaker.Record
		for _, name := range names {
			records = append(records, tablemaker.Record{Name: name, ID: number(i + 1)})
		}
		is.NoErr(openStack(t, dir).Add(records...))
	}
	for i, name := range names {
		id, err := New(own, common, sizeOfSHA1).Resolve(name)
		is.NoErr(err)
		want := number(1)
		if i < 4 {
			want = number(2)
		}
		is.Equal(id, want)
		id, err = New(common, common, sizeOfSHA1).Resolve(name)
		is.NoErr(err)
		is.Equal(id, number(1))
	}
}

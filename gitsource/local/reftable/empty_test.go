package reftable

import (
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/tablemaker"
)

// deletions are count refs, each with an id and each deleted.
func deletions(count int) (made, deleted []tablemaker.Record) {
	for i := range count {
		name := fmt.Sprintf("refs/pull/%d/head", i)
		made = append(made, tablemaker.Record{Name: name, ID: number(i)})
		deleted = append(deleted, tablemaker.Record{Name: name})
	}
	return made, deleted
}

func TestARepositoryIsEmptyHoweverManyRefsWereDeleted(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	stack := openStack(t, dir)
	made, deleted := deletions(5000)
	is.NoErr(stack.Add(tablemaker.Record{Name: "HEAD", Target: "refs/heads/main"}))
	is.NoErr(stack.Add(made...))
	emptiness := func() bool {
		isEmpty, err := New(dir, dir, sizeOfSHA1).IsEmpty()
		is.NoErr(err)
		return isEmpty
	}
	is.True(!emptiness())
	is.NoErr(stack.Add(deleted[1:]...))
	is.True(!emptiness()) // one is left
	is.NoErr(stack.Add(deleted[0]))
	is.True(emptiness())
	is.NoErr(stack.Add(tablemaker.Record{Name: "refs/pull/17/head", ID: number(1)})) // made again
	is.True(!emptiness())
}

// Beyond the bound the repository counts as one with refs.
func TestTheNamesThatTheSearchForAnyRefKeepsAreBounded(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	var deleted []tablemaker.Record
	for i := range 2 * maxHidden / 3000 {
		deleted = append(deleted, tablemaker.Record{Name: fmt.Sprintf("refs/%s/%d", strings.Repeat("x", 3000), i)})
	}
	is.NoErr(openStack(t, dir).Add(deleted...))
	isEmpty, err := New(dir, dir, sizeOfSHA1).IsEmpty()
	is.NoErr(err)
	is.True(!isEmpty)
}

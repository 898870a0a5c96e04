package reftable

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mooring/gitsource/tablemaker"
)

// drawFormat draws a form that a writer may give to tables.
func drawFormat(t *rapid.T, idSize int) tablemaker.Format {
	f := tablemaker.Format{
		Version:       rapid.IntRange(1, 2).Draw(t, "version"),
		IDSize:        idSize,
		BlockSize:     rapid.IntRange(180, 700).Draw(t, "block size"),
		IsPadded:      rapid.Bool().Draw(t, "padded"),
		PadsEnd:       rapid.Bool().Draw(t, "pads the end"),
		Restart:       rapid.IntRange(1, 20).Draw(t, "restart"),
		MaxRow:        rapid.IntRange(1, 4).Draw(t, "blocks in a row"),
		HasLargeIndex: rapid.Bool().Draw(t, "large index"),
		HasRest:       rapid.Bool().Draw(t, "objects and logs"),
	}
	if idSize == sizeOfSHA256 {
		f.Version = 2
	}
	return f
}

// drawName draws one of a few hundred names: many have a long beginning in common, and some are the beginning of others.
func drawName(t *rapid.T, what string) string {
	name := rapid.SampledFrom([]string{"refs/heads/", "refs/heads/a/", "refs/pull/", "refs/tags/\xff"}).Draw(t, what)
	return name + strings.Repeat("x", rapid.IntRange(0, 3).Draw(t, what)) + fmt.Sprint(rapid.IntRange(0, 200).Draw(t, what))
}

func drawRecord(t *rapid.T, idSize int) tablemaker.Record {
	r := tablemaker.Record{Name: drawName(t, "name")}
	if rapid.IntRange(0, 20).Draw(t, "is HEAD") == 0 {
		r.Name = "HEAD"
	}
	switch rapid.IntRange(0, 5).Draw(t, "type") {
	case 0:
	case 1:
		r.Target = drawName(t, "target")
	case 2:
		r.ID, r.Peeled = drawID(t, idSize), drawID(t, idSize)
	default:
		r.ID = drawID(t, idSize)
	}
	return r
}

func drawID(t *rapid.T, size int) []byte {
	id := sha256.Sum256([]byte(fmt.Sprint(rapid.IntRange(0, 1000).Draw(t, "id"))))
	return id[:size]
}

// drawRow draws an update of many refs: enough for several levels of an index.
func drawRow(t *rapid.T, idSize int) []tablemaker.Record {
	id, row := drawID(t, idSize), []tablemaker.Record{}
	first, count := rapid.IntRange(0, 100).Draw(t, "first"), rapid.IntRange(40, 120).Draw(t, "count")
	for i := range count {
		row = append(row, tablemaker.Record{Name: fmt.Sprintf("refs/pull/%d", first+i), ID: id})
	}
	return row
}

// resolved is what a ref leads to; false if that goes too far.
func resolved(refs map[string]tablemaker.Record, name string) (id []byte, ok bool) {
	for range 5 {
		if refs[name].Target == "" {
			return refs[name].ID, true
		}
		name = refs[name].Target
	}
	return nil, false
}

// Whatever is written to a stack, in whatever form, and however tables are merged: each ref has the value that was
// written last, and no ref that was deleted is found.
func TestEachRefIsWhatWasWrittenLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "reftable")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		idSize := rapid.SampledFrom([]int{sizeOfSHA1, sizeOfSHA256}).Draw(t, "size of ids")
		stack, err := tablemaker.Open(dir+"/reftable", drawFormat(t, idSize))
		if err != nil {
			t.Fatal(err)
		}
		refs, tables := map[string]tablemaker.Record{}, New(dir, dir, idSize)
		fail := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		check := func(t *rapid.T) {
			names := append(slices.Sorted(maps.Keys(refs)), "HEAD", "refs/", "x")
			first := rapid.IntRange(0, len(names)-1).Draw(t, "first looked for")
			for i := range 6 { // those that stand together in one block, and any other
				name := drawName(t, "looked for")
				if i > 0 && first+i <= len(names) {
					name = names[first+i-1]
				}
				want, ok := resolved(refs, name)
				id, err := tables.Resolve(name)
				if (err == nil) != ok || !bytes.Equal(id, want) {
					t.Fatalf("%q leads to %x, not %x: %v", name, id, want, err)
				}
			}
			isEmpty := !slices.ContainsFunc(slices.Collect(maps.Values(refs)), func(r tablemaker.Record) bool { return r.ID != nil })
			if got, err := tables.IsEmpty(); err != nil || got != isEmpty {
				t.Fatalf("is empty: %t, not %t: %v", got, isEmpty, err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"update": func(t *rapid.T) {
				written := map[string]tablemaker.Record{}
				for range rapid.IntRange(0, 6).Draw(t, "records") {
					r := drawRecord(t, idSize)
					written[r.Name] = r
				}
				if rapid.IntRange(0, 5).Draw(t, "many") == 0 {
					for _, r := range drawRow(t, idSize) {
						written[r.Name] = r
					}
				}
				fail(stack.Add(slices.Collect(maps.Values(written))...))
				maps.Copy(refs, written)
			},
			"compact": func(t *rapid.T) {
				if stack.Len() == 0 {
					t.Skip()
				}
				first := rapid.IntRange(0, stack.Len()-1).Draw(t, "first")
				fail(stack.Merge(first, rapid.IntRange(first+1, stack.Len()).Draw(t, "end")))
			},
			"change the format": func(t *rapid.T) { stack.SetFormat(drawFormat(t, idSize)) },
			"":                  check,
		})
	})
}

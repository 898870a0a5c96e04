package gitsource

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/object"
	"mooring/gitsource/pack"
	"mooring/gitsource/packmaker"
)

func TestTreesWithoutEndAreNotKept(t *testing.T) {
	is := is.New(t)
	var tree []byte
	for i := range 1000 {
		tree = fmt.Appendf(tree, "100644 file%04d\x00%s", i, strings.Repeat("x", object.SHA1.Size()))
	}
	var m packmaker.Maker
	m.Whole(object.Tree, tree)
	for i := range 100 {
		next := fmt.Sprintf("100644 more%04d\x00%s", i, strings.Repeat("y", object.SHA1.Size()))
		m.OffsetDelta(i, packmaker.Delta(tree, len(tree), next))
		tree = append(tree, next...)
	}
	for _, limit := range []int{1 << 20, 100 << 20} {
		limits := receivedLimits{pack.Limits{Bytes: 1 << 30, Objects: 1 << 20, Object: 512 << 10}, limit}
		r := received{limits: limits, trees: map[object.ID][]byte{}, links: map[object.ID]struct{}{}}
		_, err := pack.NewReader(object.SHA1, limits.pack, &r).Read(t.Context(), bytes.NewReader(m.Pack()))
		is.Equal(err == nil, limit > len(m.Pack())*1000)
		is.True(r.treeBytes <= limit+len(tree))
	}
}

// Copies of trees take hardly more memory than the trees, whatever their sizes are: the limit bounds memory.
func TestCopiesOfTreesTakeLittleMoreThanTheTrees(t *testing.T) {
	is := is.New(t)
	for _, size := range []int{1, 100, treeBlock / 8, treeBlock/8 + 1, treeBlock/2 + 1, treeBlock, 3 * treeBlock} {
		var r received
		tree := bytes.Repeat([]byte("t"), size)
		copies := make([][]byte, 0, 20*treeBlock/size)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range cap(copies) {
			copies = append(copies, r.keep(tree))
		}
		runtime.ReadMemStats(&after)
		taken, of := int(after.TotalAlloc-before.TotalAlloc), cap(copies)*size
		if taken > of+of/3+treeBlock {
			t.Errorf("%d trees of %d bytes take %d", cap(copies), size, taken)
		}
		for _, kept := range copies {
			is.True(bytes.Equal(kept, tree))
		}
	}
}

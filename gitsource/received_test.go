package gitsource

import (
	"bytes"
	"encoding/binary"
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
		r := received{limits: limits, links: map[object.ID]struct{}{}}
		_, err := pack.NewReader(object.SHA1, limits.pack, &r).Read(t.Context(), bytes.NewReader(m.Pack()))
		is.Equal(err == nil, limit > len(m.Pack())*1000)
		is.True(r.trees.size <= limit)
	}
}

// Copies of trees take hardly more memory than the trees, whatever their sizes are: the limit bounds memory.
func TestCopiesOfTreesTakeLittleMoreThanTheTrees(t *testing.T) {
	is := is.New(t)
	for _, size := range []int{1, 100, treeBlock / 8, treeBlock/8 + 1, treeBlock/2 + 1, treeBlock, 3 * treeBlock} {
		tree := bytes.Repeat([]byte("t"), size)
		kept, ids := newKeptTrees(20*treeBlock/size), make([]object.ID, 20*treeBlock/size)
		for i := range ids {
			binary.BigEndian.PutUint32(ids[i][:], uint32(i))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, id := range ids {
			kept.add(id, tree)
		}
		runtime.ReadMemStats(&after)
		taken, of := int(after.TotalAlloc-before.TotalAlloc), len(ids)*size
		if taken > of+of/3+treeBlock {
			t.Errorf("%d trees of %d bytes take %d", len(ids), size, taken)
		}
		is.Equal(kept.size, of)
		for _, id := range ids {
			copied, found := kept.get(id)
			is.True(found && bytes.Equal(copied, tree))
		}
		_, found := kept.get(object.ID{0xff})
		is.True(!found)
	}
}

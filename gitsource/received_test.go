package gitsource

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/matryer/is"
)

// Whatever their sizes are, copies of trees take hardly more than the trees: their limit is one of memory.
func TestCopiesOfTreesTakeLittleMoreThanTheTrees(t *testing.T) {
	is := is.New(t)
	for _, size := range []int{1, 100, treeRoom / 8, treeRoom/8 + 1, treeRoom/2 + 1, treeRoom, 3 * treeRoom} {
		var r received
		tree := bytes.Repeat([]byte("t"), size)
		copies := make([][]byte, 0, 20*treeRoom/size)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range cap(copies) {
			copies = append(copies, r.keep(tree))
		}
		runtime.ReadMemStats(&after)
		taken, of := int(after.TotalAlloc-before.TotalAlloc), cap(copies)*size
		if taken > of+of/3+treeRoom {
			t.Errorf("%d trees of %d bytes take %d", cap(copies), size, taken)
		}
		for _, kept := range copies {
			is.True(bytes.Equal(kept, tree))
		}
	}
}

// What is noted of contents at hand is as little as these, however many objects a repository has.
func TestPlacesOfContentsAreForgottenWithThem(t *testing.T) {
	is := is.New(t)
	s := newLocalStore(t.TempDir())
	pack := &localPack{}
	most := 0
	for offset := range int64(100_000) {
		size := 2000 + rand.Int64N(10)
		var buffer []byte
		_, held := s.room(size, &buffer)
		s.hold(packPlace{pack, offset}, held)
		most = max(most, len(s.held))
	}
	is.True(most < 3*maxArenas*arenaSize/2000+1<<13)
	last, ok := s.atHand(packPlace{pack, 99_999})
	is.True(ok && len(last) >= 2000)
	_, ok = s.atHand(packPlace{pack, 0})
	is.True(!ok)
	var large []byte
	_, held := s.room(arenaSize+1, &large)
	s.hold(packPlace{pack, 1 << 40}, held)
	_, noted := s.held[packPlace{pack, 1 << 40}]
	is.True(!noted) // it is not at hand
	_, ok = s.atHand(packPlace{pack, 1 << 40})
	is.True(!ok)
}

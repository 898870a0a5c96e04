package gitsource

import (
	"bytes"

	"mooring/gitsource/object"
)

// keptTrees are copies of trees. There are very many small ones, so their copies share blocks of memory, and what the
// map has of a tree is smaller than a slice. It belongs to one received.
type keptTrees struct {
	places map[object.ID]treePlace
	blocks [][]byte
	// shared is the number of the block for the next small tree, counted from 1; 0 for none yet.
	shared int
	// size is the length of all trees in bytes.
	size int
}

// treePlace is where a tree is in keptTrees.
type treePlace struct {
	block, start, size int32
}

// treeBlock is the size in bytes of a block for small trees.
const treeBlock = 64 << 10

// newKeptTrees allots memory for that many trees.
func newKeptTrees(count int) keptTrees {
	return keptTrees{places: make(map[object.ID]treePlace, count)}
}

// has tells whether a tree is kept.
func (k *keptTrees) has(id object.ID) bool {
	_, ok := k.places[id]
	return ok
}

// get returns the bytes of a tree, if it is kept.
func (k *keptTrees) get(id object.ID) (tree []byte, ok bool) {
	at, ok := k.places[id]
	if !ok {
		return nil, false
	}
	return k.blocks[at.block][at.start:][:at.size:at.size], true
}

// add keeps a copy of a tree.
func (k *keptTrees) add(id object.ID, tree []byte) {
	k.size += len(tree)
	if len(tree) > treeBlock/8 { // a large tree would leave much of a block unused
		k.places[id] = treePlace{int32(len(k.blocks)), 0, int32(len(tree))}
		k.blocks = append(k.blocks, bytes.Clone(tree))
		return
	}
	if k.shared == 0 || len(tree) > treeBlock-len(k.blocks[k.shared-1]) {
		k.blocks = append(k.blocks, make([]byte, 0, treeBlock))
		k.shared = len(k.blocks)
	}
	block := &k.blocks[k.shared-1]
	k.places[id] = treePlace{int32(k.shared - 1), int32(len(*block)), int32(len(tree))}
	*block = append(*block, tree...)
}

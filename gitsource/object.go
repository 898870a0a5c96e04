package gitsource

import (
	"hash"
	"strconv"

	"github.com/pjbgf/sha1cd"
)

// objectHasher computes the ids of objects: the SHA-1 of the type, a space, the size in decimal, a NUL and the content
// (gitformat-pack). Like the git program it detects crafted collisions (the attack of shattered.io and its successors),
// so that nobody can put one file in the place of another.
type objectHasher struct {
	sha1   hash.Hash
	header []byte
}

// headerRoom is enough for a header, and for the sum that takes its place.
const headerRoom = 64

func newObjectHasher() *objectHasher {
	return &objectHasher{sha1: sha1cd.New(), header: make([]byte, 0, headerRoom)}
}

// id returns the id of an object.
func (h *objectHasher) id(kind objectKind, content []byte) (objectID, error) {
	h.begin(kind, int64(len(content)))
	h.sha1.Write(content)
	return h.end()
}

// begin starts with an object whose content is then written to sha1, piece by piece.
func (h *objectHasher) begin(kind objectKind, size int64) {
	h.header = append(append(h.header[:0], kind.String()...), ' ')
	h.header = append(strconv.AppendInt(h.header, size, 10), 0)
	h.sha1.Reset()
	h.sha1.Write(h.header)
}

func (h *objectHasher) end() (id objectID, err error) {
	sum, collision := h.sha1.(sha1cd.CollisionResistantHash).CollisionResistantSum(h.header[:0])
	if collision {
		return objectID{}, malformed("an object is made so that its SHA-1 collides with another one's")
	}
	return objectID(sum), nil
}

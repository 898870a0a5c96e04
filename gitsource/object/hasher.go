package object

import (
	"hash"
	"strconv"

	"github.com/pjbgf/sha1cd"

	"mooring/gitsource/fault"
)

// Hasher computes the ids of objects. An id is the SHA-1 of the type, a space, the size in decimal, a NUL and the
// content (gitformat-pack). Like the git program it detects crafted collisions (the attack of shattered.io and its
// successors), so that nobody can replace a file by another one with the same id. It belongs to one goroutine.
type Hasher struct {
	sha1   hash.Hash
	header []byte
}

// headerRoom is the size of a buffer that is large enough for a header, and for a sum.
const headerRoom = 64

// NewHasher makes a Hasher for any number of objects, one after another.
func NewHasher() *Hasher {
	return &Hasher{sha1: sha1cd.New(), header: make([]byte, 0, headerRoom)}
}

// ID returns the id of an object. The error is a fault.ProtocolError: the content is a crafted collision.
func (h *Hasher) ID(kind Kind, content []byte) (ID, error) {
	h.Begin(kind, int64(len(content)))
	h.sha1.Write(content)
	return h.End()
}

// Begin starts an object of that size in bytes. Its content is written piece by piece; then End returns the id.
func (h *Hasher) Begin(kind Kind, size int64) {
	h.header = append(append(h.header[:0], kind.String()...), ' ')
	h.header = append(strconv.AppendInt(h.header, size, 10), 0)
	h.sha1.Reset()
	h.sha1.Write(h.header)
}

// Write implements io.Writer: it takes a piece of the object's content, and returns no error.
func (h *Hasher) Write(piece []byte) (int, error) { return h.sha1.Write(piece) }

// End returns the id of the object that Begin started. The error is the one of ID.
func (h *Hasher) End() (id ID, err error) {
	sum, collision := h.sha1.(sha1cd.CollisionResistantHash).CollisionResistantSum(h.header[:0])
	if collision {
		return ID{}, fault.Malformed("an object is made so that its SHA-1 collides with another one's")
	}
	return ID(sum), nil
}

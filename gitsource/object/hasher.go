package object

import (
	"crypto/sha256"
	"hash"
	"strconv"

	"github.com/pjbgf/sha1cd"

	"mooring/gitsource/fault"
)

// Hasher computes the ids of objects in one Format. An id is the hash of the type, a space, the size in decimal, a NUL
// and the content (gitformat-pack). Like the git program it detects crafted collisions of SHA-1 (the attack of
// shattered.io and its successors), so that nobody can replace a file by another one with the same id. For SHA-256 no
// collision is known. A Hasher belongs to one goroutine.
type Hasher struct {
	format Format
	hash   hash.Hash
	header []byte
}

// headerRoom is the size of a buffer that is large enough for a header, and for a sum.
const headerRoom = 64

// NewHasher makes a Hasher for any number of objects, one after another.
func (f Format) NewHasher() *Hasher {
	h := &Hasher{format: f, hash: sha1cd.New(), header: make([]byte, 0, headerRoom)}
	if f == SHA256 {
		h.hash = sha256.New()
	}
	return h
}

// ID returns the id of an object. The error is a fault.ProtocolError: the content is a crafted collision.
func (h *Hasher) ID(kind Kind, content []byte) (ID, error) {
	h.Begin(kind, int64(len(content)))
	h.hash.Write(content)
	return h.End()
}

// Begin starts an object of that size in bytes. Its content is written piece by piece; then End returns the id.
func (h *Hasher) Begin(kind Kind, size int64) {
	h.header = append(append(h.header[:0], kind.String()...), ' ')
	h.header = append(strconv.AppendInt(h.header, size, 10), 0)
	h.hash.Reset()
	h.hash.Write(h.header)
}

// Write implements io.Writer: it takes a piece of the object's content, and returns no error.
func (h *Hasher) Write(piece []byte) (int, error) { return h.hash.Write(piece) }

// End returns the id of the object that Begin started. The error is the one of ID.
func (h *Hasher) End() (id ID, err error) {
	detecting, detects := h.hash.(sha1cd.CollisionResistantHash)
	if !detects {
		return h.format.ID(h.hash.Sum(h.header[:0])), nil
	}
	sum, collision := detecting.CollisionResistantSum(h.header[:0])
	if collision {
		return ID{}, fault.Malformed("an object is made so that its SHA-1 collides with another one's")
	}
	return h.format.ID(sum), nil
}

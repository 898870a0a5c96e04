package pack

// ArenaSize is the size in bytes of an arena. Larger contents are not held.
const ArenaSize = 256 << 10

// Ring holds the contents of the objects that were read last, because the base of a delta is mostly one of them. Its
// memory is a few arenas: when the newest is full, the oldest is overwritten. It belongs to one goroutine.
type Ring struct {
	arenas [][]byte
	// size is that of an arena.
	size int
	// newest is the number of the arena that is being filled, counted from 1; used is how many bytes of it are taken.
	newest, used int
}

// Place is the place of a content in a Ring. The zero value is no place.
type Place struct {
	arena, start, size int32
}

// NewRing makes a Ring of that many arenas, which must be four or more, of size bytes each.
func NewRing(arenas, size int) Ring {
	return Ring{arenas: make([][]byte, arenas), size: size}
}

// Fits tells whether a content of that size can be held.
func (c *Ring) Fits(size int64) bool { return size <= int64(c.size) }

// Allot returns memory for a content that fits, and its place. The contents that Get and Allot returned last are not
// overwritten; older ones may be.
func (c *Ring) Allot(size int) ([]byte, Place) {
	if c.newest == 0 || size > c.size-c.used {
		c.newest, c.used = c.newest+1, 0
		if arena := &c.arenas[c.newest%len(c.arenas)]; *arena == nil {
			*arena = make([]byte, c.size)
		}
	}
	at := Place{int32(c.newest), int32(c.used), int32(size)}
	c.used += size
	return c.bytes(at), at
}

func (c *Ring) bytes(at Place) []byte {
	arena := c.arenas[int(at.arena)%len(c.arenas)]
	return arena[at.start : at.start+at.size : at.start+at.size]
}

// age is how many arenas were begun since the one of a place.
func (c *Ring) age(at Place) int { return c.newest - int(at.arena) }

// Has tells whether the content at a place is still held.
func (c *Ring) Has(at Place) bool {
	return at.arena > 0 && c.age(at) < len(c.arenas)
}

// Get returns the content at a place if it is still held. It copies a content in the older half of the arenas to the
// newest, and changes the place: an object that was a base is mostly a base again.
func (c *Ring) Get(at *Place) ([]byte, bool) {
	if !c.Has(*at) {
		return nil, false
	}
	content := c.bytes(*at)
	if c.age(*at) >= len(c.arenas)/2 {
		moved, place := c.Allot(len(content))
		copy(moved, content) // both may be in the same arena, which copy allows
		content, *at = moved, place
	}
	return content, true
}

package pack

// ArenaSize is how much memory is taken at once for the contents of objects, and the size of the largest that is held.
const ArenaSize = 256 << 10

// Ring holds the contents of the objects read last, for deltas mostly stand close to their bases. Its memory is
// used over and over: a few arenas, the oldest of which is written again when the newest is full. It belongs to one
// reader.
type Ring struct {
	arenas [][]byte
	// size is an arena's.
	size int
	// newest numbers the arenas as they are taken into use, from 1 on; used is how much of that one is taken.
	newest, used int
}

// Place is where a content is; the zero value is nowhere.
type Place struct {
	arena, start, size int32
}

// NewRing returns a ring of so many arenas, four at least.
func NewRing(arenas, size int) Ring {
	return Ring{arenas: make([][]byte, arenas), size: size}
}

// Fits tells whether there is room for a content of that size.
func (c *Ring) Fits(size int64) bool { return size <= int64(c.size) }

// Allot returns memory for a content, and where it will be found. What get and room returned last stays as it is
// meanwhile; what was returned before that may not.
func (c *Ring) Allot(size int) ([]byte, Place) {
	if c.newest == 0 || size > c.size-c.used {
		c.newest, c.used = c.newest+1, 0
		if arena := &c.arenas[c.newest%len(c.arenas)]; *arena == nil {
			*arena = make([]byte, c.size)
		}
	}
	held := Place{int32(c.newest), int32(c.used), int32(size)}
	c.used += size
	return c.bytes(held), held
}

func (c *Ring) bytes(held Place) []byte {
	arena := c.arenas[int(held.arena)%len(c.arenas)]
	return arena[held.start : held.start+held.size : held.start+held.size]
}

// age is how many arenas were taken into use since.
func (c *Ring) age(held Place) int { return c.newest - int(held.arena) }

// Has tells whether a content is still held.
func (c *Ring) Has(held Place) bool {
	return held.arena > 0 && c.age(held) < len(c.arenas)
}

// Get returns a content if it is still held, for a delta to be applied to it. One of the older half is moved to where
// it lasts: what was a base will mostly be one again.
func (c *Ring) Get(held *Place) ([]byte, bool) {
	if !c.Has(*held) {
		return nil, false
	}
	content := c.bytes(*held)
	if c.age(*held) >= len(c.arenas)/2 {
		moved, place := c.Allot(len(content))
		copy(moved, content) // an arena may be moved into itself: copy takes care of that
		content, *held = moved, place
	}
	return content, true
}

package gitsource

const (
	// arenaSize is how much memory is taken at once for the contents of objects.
	arenaSize = 256 << 10
	// maxArena is the largest object that shares an arena with others.
	maxArena = 32 << 10
)

// contentCache holds the contents of the objects read last, for deltas mostly stand close to their bases. It belongs to
// one reader. What was read first goes first, so that the arenas that contents share become free one after another;
// what a delta was applied to since gets a second chance.
type contentCache[K comparable] struct {
	limit    int
	contents map[K]cachedContent
	// queue are the objects from the oldest on; those before head are gone.
	queue []K
	head  int
	size  int
	arena []byte
}

type cachedContent struct {
	bytes []byte
	// used: a delta was applied to it since it was put in.
	used bool
}

func newContentCache[K comparable](limit int) contentCache[K] {
	return contentCache[K]{limit: limit, contents: map[K]cachedContent{}}
}

// room returns memory for a content of that size.
func (c *contentCache[K]) room(size int) []byte {
	if size > maxArena {
		return make([]byte, size)
	}
	if cap(c.arena)-len(c.arena) < size {
		c.arena = make([]byte, 0, arenaSize)
	}
	start := len(c.arena)
	c.arena = c.arena[:start+size]
	return c.arena[start : start+size : start+size]
}

// put takes the content of an object in, and gives up old ones beyond the limit.
func (c *contentCache[K]) put(object K, content []byte) {
	c.enqueue(object, content)
	const chances = 4
	for given := 0; c.size > c.limit && c.head < len(c.queue)-1; c.head++ {
		oldest := c.queue[c.head]
		held := c.contents[oldest]
		c.size -= len(held.bytes)
		delete(c.contents, oldest)
		if held.used && given < chances {
			given++
			moved := c.room(len(held.bytes))
			copy(moved, held.bytes)
			c.enqueue(oldest, moved)
		}
	}
	if c.head > len(c.queue)/2 {
		c.queue = append(c.queue[:0], c.queue[c.head:]...)
		c.head = 0
	}
}

func (c *contentCache[K]) enqueue(object K, content []byte) {
	c.contents[object] = cachedContent{bytes: content}
	c.queue = append(c.queue, object)
	c.size += len(content)
}

// get returns the content of an object, if it is at hand, for a delta to be applied to it.
func (c *contentCache[K]) get(object K) ([]byte, bool) {
	held, ok := c.contents[object]
	if ok && !held.used {
		held.used = true
		c.contents[object] = held
	}
	return held.bytes, ok
}

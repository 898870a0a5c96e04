package pack

import (
	"context"
	"io"

	"mooring/gitsource/object"
)

// testLimits are wide. Only the size of a large object is smaller than in the program.
func testLimits() Limits { return Limits{Bytes: 1 << 30, Objects: 1 << 20, Object: 512 << 10} }

// readPack reads one pack with a reader of its own.
func readPack(ctx context.Context, format object.Format, pack io.Reader, limits Limits, visit Visitor) (lost int, err error) {
	return NewReader(format, limits, visit).Read(ctx, pack)
}

// collector is a Visitor that remembers everything.
type collector struct {
	objects map[object.ID]string
	kinds   map[object.ID]object.Kind
	tooBig  map[object.ID]object.Kind
	visits  int
}

func newCollector() *collector {
	return &collector{
		objects: map[object.ID]string{},
		kinds:   map[object.ID]object.Kind{},
		tooBig:  map[object.ID]object.Kind{},
	}
}

func (c *collector) Object(kind object.Kind, id object.ID, content []byte) error {
	c.visits++
	c.objects[id], c.kinds[id] = string(content), kind
	return nil
}

func (*collector) Expect(int) {}

func (c *collector) Large(kind object.Kind, id object.ID) { c.tooBig[id] = kind }

package pack

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/packmaker"
)

// endsContext is a reader of two parts. It ends a context before it returns the second part.
type endsContext struct {
	first, rest io.Reader
	end         context.CancelFunc
}

// Read implements io.Reader.
func (r *endsContext) Read(into []byte) (int, error) {
	if n, err := r.first.Read(into); err == nil {
		return n, nil
	}
	r.end()
	return r.rest.Read(into)
}

// readUntil reads a pack, ends its context after the first bytes, and returns the error.
func readUntil(t *testing.T, format object.Format, pack []byte, first int) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	source := &endsContext{bytes.NewReader(pack[:first]), bytes.NewReader(pack[first:]), cancel}
	_, err := readPack(ctx, format, source, testLimits(), newCollector())
	return err
}

// A few bytes may inflate to very many. The reader must notice the end of its context in the middle of an object, of a
// delta, and of a delta that waited for its base.
func TestAPackThatGrowsWithoutEndEndsWithTheContext(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		const headerOfPack, headerOfObject = 12, 2
		base := make([]byte, 1<<16)
		much := binary.AppendUvarint(nil, uint64(len(base)))
		much = binary.AppendUvarint(much, 1000<<16)
		much = append(much, bytes.Repeat([]byte{0x80}, 1000)...) // the whole base, a thousand times
		t.Run("an object", func(t *testing.T) {
			m := packmaker.Maker{Format: format}
			m.Whole(object.Blob, make([]byte, 64<<20))
			err := readUntil(t, format, m.Pack(), headerOfPack+headerOfObject)
			is.New(t).True(errors.Is(err, context.Canceled))
		})
		t.Run("a delta", func(t *testing.T) {
			m := packmaker.Maker{Format: format}
			m.Whole(object.Blob, base)
			m.OffsetDelta(0, much)
			err := readUntil(t, format, m.Pack(), headerOfPack+int(m.Offsets[1])+headerOfObject)
			is.New(t).True(errors.Is(err, context.Canceled))
		})
		t.Run("a delta whose base comes later", func(t *testing.T) {
			m := packmaker.Maker{Format: format}
			m.IDDelta(packmaker.ID(format, object.Blob, base), much)
			m.Whole(object.Blob, base)
			err := readUntil(t, format, m.Pack(), headerOfPack+int(m.Offsets[1])+headerOfObject)
			is.New(t).True(errors.Is(err, context.Canceled))
		})
	})
}

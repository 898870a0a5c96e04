package pack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/packmaker"
)

// smallPack has an object of each kind that a pack can have.
func smallPack(format object.Format) []byte {
	m := packmaker.Maker{Format: format}
	base := []byte("services: {}\n")
	m.Whole(object.Commit, []byte("tree "+strings.Repeat("0", format.Digits())+"\n"))
	m.Whole(object.Tree, []byte("100644 x\x00"+strings.Repeat("\x01", format.Size())))
	m.Whole(object.Blob, base)
	m.OffsetDelta(2, packmaker.Delta(base, 5, "more"))
	m.IDDelta(packmaker.ID(format, object.Blob, base), packmaker.Delta(base, 3, "less"))
	m.Whole(object.Tag, []byte("object x"))
	return m.Pack()
}

func TestADamagedPackIsAnErrorOfTheProtocol(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		pack := smallPack(format)
		check := func(damaged []byte) {
			t.Helper()
			_, _, err := collect(format, damaged)
			is.True(err != nil)
			is.Equal(fault.Of(err).Code, actors.CodeProtocol)
		}
		for size := range pack {
			check(pack[:size])
		}
		for at := range pack {
			for bit := range 8 {
				damaged := bytes.Clone(pack)
				damaged[at] ^= 1 << bit
				check(damaged)
			}
		}
		body := pack[len("PACK")+4+4 : len(pack)-format.Size()]
		check(packmaker.Seal(1-format, body, 6)) // it ends with the hash of the other format
		check([]byte("<html><body>Log in</body></html>"))
		check(append(bytes.Clone(pack), make([]byte, maxAfterPack+1)...))
		_, _, err := collect(format, append(bytes.Clone(pack), "a little after"...))
		is.NoErr(err)
	})
}

func TestDeltasThatDoNotFitAreErrors(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		base := []byte("0123456789")
		for claim, delta := range map[string][]byte{
			"no sizes":                  {},
			"a size without end":        bytes.Repeat([]byte{0xff}, 20),
			"another base":              {11, 1, 1, 'x'},
			"too little":                {10, 2, 1, 'x'},
			"too much":                  {10, 1, 2, 'x', 'y'},
			"a copy beyond the base":    {10, 4, 0x91, 8, 4},
			"a copy from far beyond":    {10, 4, 0x9f, 0xff, 0xff, 0xff, 0xff, 4},
			"a copy that is cut short":  {10, 4, 0xff, 0},
			"an insert that is cut off": {10, 4, 4, 'x'},
			"the reserved instruction":  {10, 0, 0},
			"a result without end":      append([]byte{10}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
		} {
			t.Run(claim, func(t *testing.T) {
				is := is.New(t)
				m := packmaker.Maker{Format: format}
				m.Whole(object.Blob, base)
				m.OffsetDelta(0, delta)
				_, _, err := collect(format, m.Pack())
				is.True(err != nil)
				is.Equal(fault.Of(err).Code, actors.CodeProtocol)
			})
		}
	})
}

func TestPacksThatCannotBeRightAreErrors(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		base := []byte("0123456789")
		absent := packmaker.ID(format, object.Blob, []byte("absent"))
		for claim, fill := range map[string]func(m *packmaker.Maker){
			"a thin pack":            func(m *packmaker.Maker) { m.IDDelta(absent, packmaker.Delta(base, 1, "")) },
			"a delta to itself":      func(m *packmaker.Maker) { m.Begin(KindOffsetDelta, 3); m.Body.WriteByte(0) },
			"a base before the pack": func(m *packmaker.Maker) { m.Begin(KindOffsetDelta, 3); m.Body.WriteByte(100) },
			"a base further than any pack": func(m *packmaker.Maker) {
				m.Begin(KindOffsetDelta, 3)
				m.Body.Write(bytes.Repeat([]byte{0xff}, 30))
			},
			"type 5":                    func(m *packmaker.Maker) { m.Begin(5, 1); m.Deflate([]byte("x")) },
			"type 0":                    func(m *packmaker.Maker) { m.Begin(0, 1); m.Deflate([]byte("x")) },
			"longer than it says":       func(m *packmaker.Maker) { m.Begin(object.Blob, 9); m.Deflate(base) },
			"shorter than it says":      func(m *packmaker.Maker) { m.Begin(object.Blob, 11); m.Deflate(base) },
			"much shorter than it says": func(m *packmaker.Maker) { m.Begin(object.Blob, 1<<40); m.Deflate(base) },
			"a size without end": func(m *packmaker.Maker) {
				m.Body.Write(bytes.Repeat([]byte{0xbf}, 40))
				m.Offsets = append(m.Offsets, 0)
			},
			"more objects than there are":  func(m *packmaker.Maker) { m.Offsets = append(m.Offsets, 0) },
			"fewer objects than there are": func(m *packmaker.Maker) { m.Whole(object.Blob, base); m.Offsets = m.Offsets[:0] },
			"deltas without end": func(m *packmaker.Maker) {
				m.Whole(object.Blob, base)
				for i := range MaxChain + 1 {
					m.OffsetDelta(i, packmaker.Delta(base, len(base), ""))
				}
			},
		} {
			t.Run(claim, func(t *testing.T) {
				is := is.New(t)
				m := packmaker.Maker{Format: format}
				fill(&m)
				_, _, err := collect(format, m.Pack())
				is.True(err != nil)
				is.Equal(fault.Of(err).Code, actors.CodeProtocol)
			})
		}
	})
}

func TestAPackBeyondItsLimitsEndsThere(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		pack := smallPack(format)
		_, err := readPack(t.Context(), format, bytes.NewReader(pack), Limits{Bytes: 1 << 20, Objects: 5}, newCollector())
		is.Equal(fault.Of(err).Code, actors.CodeProtocol)

		endless := io.MultiReader(bytes.NewReader(pack[:len(pack)-format.Size()]), zeros{})
		_, err = readPack(t.Context(), format, endless, Limits{Bytes: 1 << 20, Objects: 10}, newCollector())
		is.Equal(fault.Of(err).Code, actors.CodeProtocol)

		m := packmaker.Maker{Format: format}
		m.Begin(object.Blob, 1<<50)
		header := packmaker.Seal(format, m.Body.Bytes(), 1)
		stored := []byte{0x78, 0x01, 0x00, 0xff, 0xff, 0x00, 0x00} // a stored block of 65,535 bytes, the first of any number
		blocks := &repeated{part: append(stored[2:], make([]byte, 0xffff)...)}
		endless = io.MultiReader(bytes.NewReader(header[:len(header)-format.Size()]), bytes.NewReader(stored[:2]), blocks)
		_, err = readPack(t.Context(), format, endless, Limits{Bytes: 1 << 20, Objects: 10}, newCollector())
		is.Equal(fault.Of(err), fault.Of(TooLarge()))
	})
}

type zeros struct{}

func (zeros) Read(into []byte) (int, error) { clear(into); return len(into), nil }

// repeated is the same bytes over and over.
type repeated struct {
	part []byte
	at   int
}

func (r *repeated) Read(into []byte) (int, error) {
	n := copy(into, r.part[r.at:])
	r.at = (r.at + n) % len(r.part)
	return n, nil
}

func TestErrorsOfTheSourceArePassedOn(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		reset := errors.New("connection reset")
		pack := smallPack(format)
		for size := range pack {
			source := io.MultiReader(bytes.NewReader(pack[:size]), iotest.ErrReader(reset))
			_, err := readPack(t.Context(), format, source, testLimits(), newCollector())
			is.True(errors.Is(err, reset))
		}
		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := readPack(stopped, format, bytes.NewReader(pack), testLimits(), newCollector())
		is.True(errors.Is(err, context.Canceled))
	})
}

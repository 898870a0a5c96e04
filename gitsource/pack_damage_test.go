package gitsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/matryer/is"

	"mooring/actors"
)

// smallPack has an object of each kind that a pack can have.
func smallPack() []byte {
	var m packMaker
	base := []byte("services: {}\n")
	m.whole(kindCommit, []byte("tree "+strings.Repeat("0", 40)+"\n"))
	m.whole(kindTree, []byte("100644 x\x00"+strings.Repeat("\x01", 20)))
	m.whole(kindBlob, base)
	m.offsetDelta(2, makeDelta(base, 5, "more"))
	m.idDelta(plainID(kindBlob, base), makeDelta(base, 3, "less"))
	m.whole(kindTag, []byte("object x"))
	return m.pack()
}

func TestADamagedPackIsAnErrorOfTheProtocol(t *testing.T) {
	is := is.New(t)
	pack := smallPack()
	check := func(damaged []byte) {
		t.Helper()
		_, _, err := collect(damaged)
		is.True(err != nil)
		is.Equal(classify(err).Code, actors.CodeProtocol)
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
	check([]byte("<html><body>Log in</body></html>"))
	check(append(bytes.Clone(pack), make([]byte, maxAfterPack+1)...))
	_, _, err := collect(append(bytes.Clone(pack), "a little after"...))
	is.NoErr(err)
}

func TestDeltasThatDoNotFitAreErrors(t *testing.T) {
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
			var m packMaker
			m.whole(kindBlob, base)
			m.offsetDelta(0, delta)
			_, _, err := collect(m.pack())
			is.True(err != nil)
			is.Equal(classify(err).Code, actors.CodeProtocol)
		})
	}
}

func TestPacksThatCannotBeRightAreErrors(t *testing.T) {
	base := []byte("0123456789")
	absent := plainID(kindBlob, []byte("absent"))
	for claim, fill := range map[string]func(m *packMaker){
		"a thin pack":            func(m *packMaker) { m.idDelta(absent, makeDelta(base, 1, "")) },
		"a delta to itself":      func(m *packMaker) { m.begin(kindOffsetDelta, 3); m.body.WriteByte(0) },
		"a base before the pack": func(m *packMaker) { m.begin(kindOffsetDelta, 3); m.body.WriteByte(100) },
		"a base further than any pack": func(m *packMaker) {
			m.begin(kindOffsetDelta, 3)
			m.body.Write(bytes.Repeat([]byte{0xff}, 30))
		},
		"type 5":                    func(m *packMaker) { m.begin(5, 1); m.deflate([]byte("x")) },
		"type 0":                    func(m *packMaker) { m.begin(0, 1); m.deflate([]byte("x")) },
		"longer than it says":       func(m *packMaker) { m.begin(kindBlob, 9); m.deflate(base) },
		"shorter than it says":      func(m *packMaker) { m.begin(kindBlob, 11); m.deflate(base) },
		"much shorter than it says": func(m *packMaker) { m.begin(kindBlob, 1<<40); m.deflate(base) },
		"a size without end": func(m *packMaker) {
			m.body.Write(bytes.Repeat([]byte{0xbf}, 40))
			m.offsets = append(m.offsets, 0)
		},
		"more objects than there are":  func(m *packMaker) { m.offsets = append(m.offsets, 0) },
		"fewer objects than there are": func(m *packMaker) { m.whole(kindBlob, base); m.offsets = m.offsets[:0] },
		"deltas without end": func(m *packMaker) {
			m.whole(kindBlob, base)
			for i := range maxChain + 1 {
				m.offsetDelta(i, makeDelta(base, len(base), ""))
			}
		},
	} {
		t.Run(claim, func(t *testing.T) {
			is := is.New(t)
			var m packMaker
			fill(&m)
			_, _, err := collect(m.pack())
			is.True(err != nil)
			is.Equal(classify(err).Code, actors.CodeProtocol)
		})
	}
}

func TestAPackBeyondItsLimitsEndsThere(t *testing.T) {
	is := is.New(t)
	pack := smallPack()
	_, err := readPack(t.Context(), bytes.NewReader(pack), packLimits{bytes: 1 << 20, objects: 5}, newCollector())
	is.Equal(classify(err).Code, actors.CodeProtocol)

	endless := io.MultiReader(bytes.NewReader(pack[:len(pack)-20]), zeros{})
	_, err = readPack(t.Context(), endless, packLimits{bytes: 1 << 20, objects: 10}, newCollector())
	is.Equal(classify(err).Code, actors.CodeProtocol)

	var m packMaker
	m.begin(kindBlob, 1<<50)
	header := sealPack(m.body.Bytes(), 1)
	stored := []byte{0x78, 0x01, 0x00, 0xff, 0xff, 0x00, 0x00} // a stored block of 65,535 bytes, the first of any number
	blocks := &repeated{part: append(stored[2:], make([]byte, 0xffff)...)}
	endless = io.MultiReader(bytes.NewReader(header[:len(header)-20]), bytes.NewReader(stored[:2]), blocks)
	_, err = readPack(t.Context(), endless, packLimits{bytes: 1 << 20, objects: 10}, newCollector())
	is.Equal(classify(err), classify(errPackTooLarge()))
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
	is := is.New(t)
	reset := errors.New("connection reset")
	pack := smallPack()
	for size := range pack {
		source := io.MultiReader(bytes.NewReader(pack[:size]), iotest.ErrReader(reset))
		_, err := readPack(t.Context(), source, testLimits(), newCollector())
		is.True(errors.Is(err, reset))
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := readPack(stopped, bytes.NewReader(pack), testLimits(), newCollector())
	is.True(errors.Is(err, context.Canceled))
}

func TestTreesWithoutEndAreNotKept(t *testing.T) {
	is := is.New(t)
	var tree []byte
	for i := range 1000 {
		tree = fmt.Appendf(tree, "100644 file%04d\x00%s", i, strings.Repeat("x", idSize))
	}
	var m packMaker
	m.whole(kindTree, tree)
	for i := range 100 {
		next := fmt.Sprintf("100644 more%04d\x00%s", i, strings.Repeat("y", idSize))
		m.offsetDelta(i, makeDelta(tree, len(tree), next))
		tree = append(tree, next...)
	}
	for _, limit := range []int{1 << 20, 100 << 20} {
		limits := receivedLimits{testLimits(), limit}
		r := received{limits: limits, trees: map[objectID][]byte{}, links: map[objectID]struct{}{}}
		_, err := readPack(t.Context(), bytes.NewReader(m.pack()), limits.pack, &r)
		is.Equal(err == nil, limit > len(m.pack())*1000)
		is.True(r.treeBytes <= limit+len(tree))
	}
}

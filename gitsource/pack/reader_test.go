package pack

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/packmaker"
)

// collect reads a whole pack.
func collect(format object.Format, pack []byte) (*collector, int, error) {
	found := newCollector()
	lost, err := readPack(context.Background(), format, bytes.NewReader(pack), testLimits(), found)
	return found, lost, err
}

func TestPacksOfTheGitProgramComeToTheirObjects(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		var h githost.History
		for i := range 12 {
			l := githost.Layout{"big": githost.File(strings.Repeat(fmt.Sprintf("line of big %d\n", i%3), 30_000))}
			for j := range 20 {
				text := strings.Repeat(fmt.Sprintf("service %d\n", j), 50)
				l[fmt.Sprintf("stacks/s%d/docker-compose.yml", j)] = githost.File(fmt.Sprint(text, i*j%7, "\n"))
			}
			h = append(h, githost.Commit{Layout: l, Parents: []int{i - 1}[:min(i, 1)]})
		}
		repository := githost.ImportOf(t, format, filepath.Join(t.TempDir(), "r.git"), h)
		objects := githost.Git(t, repository.Dir, nil, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
		for _, options := range [][]string{
			{"--delta-base-offset"}, {}, {"--window=0"}, {"--delta-base-offset", "--depth=250", "--window=50"},
			{"--no-reuse-delta", "--depth=4000", "--window=250", "--delta-base-offset"}, {"--compression=0"},
		} {
			t.Run(strings.Join(options, " "), func(t *testing.T) {
				is := is.New(t)
				arguments := append([]string{"pack-objects", "--stdout", "--quiet", "--no-reuse-object"}, options...)
				pack := githost.Git(t, repository.Dir, bytes.NewBuffer(objects), arguments...)
				for _, arena := range []int{ArenaSize, 10_000, 1} {
					found := newCollector()
					// Each read returns half of what was asked for: the result does not depend on how the network cuts the
					// bytes.
					r := NewReader(format, testLimits(), found)
					r.bases = NewRing(4, arena)
					lost, err := r.Read(t.Context(), iotest.HalfReader(bytes.NewReader(pack)))
					is.NoErr(err)
					is.Equal(lost, 0)
					is.Equal(found.visits, bytes.Count(objects, []byte("\n")))
					for id, data := range found.objects {
						is.Equal(packmaker.ID(format, found.kinds[id], []byte(data)), id)
						is.True(bytes.Contains(objects, []byte(id.String())))
					}
				}
			})
		}
	})
}

func TestDeltasMayStandAnywhere(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		base := []byte("services: {}\n")
		one, two := "services: {a}\n", "services: {a}\nb"
		m := packmaker.Maker{Format: format}
		// This delta comes before its base, which waits too.
		m.IDDelta(packmaker.ID(format, object.Blob, []byte(one)), packmaker.Delta([]byte(one), len(one), "b"))
		m.OffsetDelta(0, packmaker.Delta([]byte(two), 3, ""))                                 // its base waits
		m.IDDelta(packmaker.ID(format, object.Blob, base), packmaker.Delta(base, 11, "a}\n")) // before its base
		m.Whole(object.Blob, base)
		m.IDDelta(packmaker.ID(format, object.Blob, base), packmaker.Delta(base, 0, "")) // after its base; the result is empty
		m.OffsetDelta(4, packmaker.Delta(nil, 0, "from nothing"))
		m.Whole(object.Blob, base) // twice
		found, lost, err := collect(format, m.Pack())
		is.NoErr(err)
		is.Equal(lost, 0)
		is.Equal(found.visits, 7)
		for _, want := range []string{string(base), one, two, "ser", "", "from nothing"} {
			is.Equal(found.objects[packmaker.ID(format, object.Blob, []byte(want))], want)
		}
	})
}

func TestEvictedBasesAreMadeAgain(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		m := packmaker.Maker{Format: format}
		content := strings.Repeat("x", 1000)
		m.Whole(object.Blob, []byte(content))
		for i := range 200 {
			next := content[:len(content)-3] + fmt.Sprintf("%04d", i)
			m.OffsetDelta(i, packmaker.Delta([]byte(content), len(content)-3, fmt.Sprintf("%04d", i)))
			content = next
		}
		for i := range 200 {
			m.OffsetDelta(i, packmaker.Delta([]byte(strings.Repeat("x", 1000+i)), 1, ""))
		}
		found := newCollector()
		r := NewReader(format, testLimits(), found)
		r.bases = NewRing(4, 1100)
		lost, err := r.Read(t.Context(), bytes.NewReader(m.Pack()))
		is.NoErr(err)
		is.Equal(lost, 0)
		is.Equal(found.objects[packmaker.ID(format, object.Blob, []byte(content))], content)
	})
}

func TestAnObjectWhoseBaseWasGivenUpIsLostAndCounted(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		m := packmaker.Maker{Format: format}
		random := rand.NewChaCha8([32]byte{})
		base := make([]byte, 1000)
		for range 200 {
			_, _ = random.Read(base)
			m.Whole(object.Blob, base)
		}
		m.OffsetDelta(0, packmaker.Delta(base, 1, ""))   // whatever its base is
		m.OffsetDelta(200, packmaker.Delta(base, 1, "")) // its base is lost
		m.OffsetDelta(199, packmaker.Delta(base, 1, "kept"))
		found := newCollector()
		r := NewReader(format, testLimits(), found)
		r.bases, r.small.limit = NewRing(4, 1), 2*keptChunk
		lost, err := r.Read(t.Context(), bytes.NewReader(m.Pack()))
		is.NoErr(err)
		is.Equal(lost, 2)
		is.Equal(found.visits, 201)
		is.True(len(r.small.chunks)-r.small.gone <= 2)
	})
}

func TestObjectsBeyondTheLimitAreNamedButNotHandedOn(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		largest := int(testLimits().Object)
		most := bytes.Repeat([]byte("m"), largest)
		more := append(bytes.Clone(most), '!')
		huge := make([]byte, 16<<20)
		m := packmaker.Maker{Format: format}
		m.Whole(object.Blob, most)
		m.Whole(object.Blob, more)
		m.OffsetDelta(0, packmaker.Delta(most, largest, "?"))                            // its result is too large
		m.OffsetDelta(1, packmaker.Delta(more, 5, "small"))                              // its base is too large
		m.IDDelta(packmaker.ID(format, object.Blob, more), packmaker.Delta(more, 1, "")) // so is this one's
		m.Whole(object.Blob, huge)
		m.Whole(object.Tree, more)
		pack := m.Pack()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		tooBig := &sizes{}
		lost, err := readPack(t.Context(), format, bytes.NewReader(pack), testLimits(), tooBig)
		runtime.ReadMemStats(&after)
		is.NoErr(err)
		is.Equal(lost, 2)
		is.Equal(tooBig.made, []int{largest})
		is.Equal(tooBig.tooLarge, []object.ID{
			packmaker.ID(format, object.Blob, more), packmaker.ID(format, object.Blob, append(bytes.Clone(most), '?')),
			packmaker.ID(format, object.Blob, huge), packmaker.ID(format, object.Tree, more),
		})
		is.True(after.TotalAlloc-before.TotalAlloc < 8*uint64(largest)) // however large the objects are
	})
}

// sizes is a Visitor that remembers how large objects were.
type sizes struct {
	made     []int
	tooLarge []object.ID
}

func (s *sizes) Object(_ object.Kind, _ object.ID, content []byte) error {
	s.made = append(s.made, len(content))
	return nil
}

func (*sizes) Expect(int) {}

func (s *sizes) Large(_ object.Kind, id object.ID) { s.tooLarge = append(s.tooLarge, id) }

func TestABigBaseIsMadeAgainFromWhatIsKeptOfIt(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		base := bytes.Repeat([]byte("0123456789abcdef"), 3*bigObject/16)
		limits := testLimits()
		limits.Object = int64(4 * bigObject)
		m := packmaker.Maker{Format: format}
		m.Whole(object.Blob, base)
		m.Whole(object.Blob, base[1:])
		m.OffsetDelta(0, packmaker.Delta(base, len(base), "one"))
		m.OffsetDelta(2, packmaker.Delta(append(bytes.Clone(base), "one"...), len(base)+3, "two"))
		found := newCollector()
		r := NewReader(format, limits, found)
		lost, err := r.Read(t.Context(), bytes.NewReader(m.Pack()))
		is.NoErr(err)
		is.Equal(lost, 0)
		is.Equal(found.objects[packmaker.ID(format, object.Blob, append(bytes.Clone(base), "onetwo"...))], string(base)+"onetwo")
		is.Equal(r.bases.newest, 0) // none of them is put into the ring
	})
}

func TestAReaderReadsOnePackAfterAnother(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		base := bytes.Repeat([]byte("services:\n"), 100)
		first, second := packmaker.Maker{Format: format}, packmaker.Maker{Format: format}
		first.Whole(object.Blob, base)
		first.IDDelta(packmaker.ID(format, object.Blob, base), packmaker.Delta(base, 100, "first"))
		first.IDDelta(packmaker.ID(format, object.Blob, []byte("not there")), packmaker.Delta([]byte("not there"), 1, ""))
		second.Whole(object.Blob, []byte("second"))
		second.IDDelta(packmaker.ID(format, object.Blob, base), packmaker.Delta(base, 100, "second")) // its base was in the first one
		random := make([]byte, 3*keptChunk)
		_, _ = rand.NewChaCha8([32]byte{}).Read(random)
		large := packmaker.Maker{Format: format}
		for at := 0; at < len(random); at += 10_000 {
			large.Whole(object.Blob, random[at:min(at+10_000, len(random))])
		}
		found := newCollector()
		r := NewReader(format, testLimits(), found)
		for range 3 {
			_, err := r.Read(t.Context(), bytes.NewReader(first.Pack()))
			is.True(err != nil) // a base is missing
			_, err = r.Read(t.Context(), bytes.NewReader(second.Pack()))
			is.True(err != nil) // an object of another pack is no base in this one
			_, err = r.Read(t.Context(), bytes.NewReader(large.Pack()))
			is.NoErr(err)
			is.Equal(len(r.small.chunks)+len(r.small.spare), 4) // the memory of the turn before
			lost, err := r.Read(t.Context(), bytes.NewReader(smallPack(format)))
			is.NoErr(err)
			is.Equal(lost, 0)
		}
		for id, data := range found.objects {
			is.Equal(packmaker.ID(format, found.kinds[id], []byte(data)), id)
		}
	})
}

package gitsource

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
)

// collect reads a whole pack.
func collect(pack []byte) (*collector, int, error) {
	found := newCollector()
	lost, err := readPack(context.Background(), bytes.NewReader(pack), testLimits(), found)
	return found, lost, err
}

func TestPacksOfTheGitProgramComeToTheirObjects(t *testing.T) {
	var h history
	for i := range 12 {
		l := layout{"big": file(strings.Repeat(fmt.Sprintf("line of big %d\n", i%3), 30_000))}
		for j := range 20 {
			text := strings.Repeat(fmt.Sprintf("service %d\n", j), 50)
			l[fmt.Sprintf("stacks/s%d/docker-compose.yml", j)] = file(fmt.Sprint(text, i*j%7, "\n"))
		}
		h = append(h, commit{layout: l, parents: []int{i - 1}[:min(i, 1)]})
	}
	repository := importHistory(t, filepath.Join(t.TempDir(), "r.git"), h)
	objects := runGit(t, repository.dir, nil, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
	for _, options := range [][]string{
		{"--delta-base-offset"}, {}, {"--window=0"}, {"--delta-base-offset", "--depth=250", "--window=50"},
		{"--no-reuse-delta", "--depth=4000", "--window=250", "--delta-base-offset"}, {"--compression=0"},
	} {
		t.Run(strings.Join(options, " "), func(t *testing.T) {
			is := is.New(t)
			arguments := append([]string{"pack-objects", "--stdout", "--quiet", "--no-reuse-object"}, options...)
			pack := runGit(t, repository.dir, bytes.NewBuffer(objects), arguments...)
			for _, arena := range []int{arenaSize, 10_000, 1} {
				found := newCollector()
				// One byte at a time: nothing depends on how the network cuts the bytes.
				r := newPackReader(testLimits(), found)
				r.bases = newContentRing(4, arena)
				lost, err := r.read(t.Context(), iotest.HalfReader(bytes.NewReader(pack)))
				is.NoErr(err)
				is.Equal(lost, 0)
				is.Equal(found.visits, bytes.Count(objects, []byte("\n")))
				for id, data := range found.objects {
					is.Equal(plainID(found.kinds[id], []byte(data)), id)
					is.True(bytes.Contains(objects, []byte(id.String())))
				}
			}
		})
	}
}

func TestDeltasMayStandAnywhere(t *testing.T) {
	is := is.New(t)
	base := []byte("services: {}\n")
	one, two := "services: {a}\n", "services: {a}\nb"
	var m packMaker
	// Before its base, which waits too.
	m.idDelta(plainID(kindBlob, []byte(one)), makeDelta([]byte(one), len(one), "b"))
	m.offsetDelta(0, makeDelta([]byte(two), 3, ""))                 // on one that waits
	m.idDelta(plainID(kindBlob, base), makeDelta(base, 11, "a}\n")) // before its base
	m.whole(kindBlob, base)
	m.idDelta(plainID(kindBlob, base), makeDelta(base, 0, "")) // after its base, to nothing
	m.offsetDelta(4, makeDelta(nil, 0, "from nothing"))
	m.whole(kindBlob, base) // twice
	found, lost, err := collect(m.pack())
	is.NoErr(err)
	is.Equal(lost, 0)
	is.Equal(found.visits, 7)
	for _, want := range []string{string(base), one, two, "ser", "", "from nothing"} {
		is.Equal(found.objects[plainID(kindBlob, []byte(want))], want)
	}
}

func TestEvictedBasesAreMadeAgain(t *testing.T) {
	is := is.New(t)
	var m packMaker
	content := strings.Repeat("x", 1000)
	m.whole(kindBlob, []byte(content))
	for i := range 200 {
		next := content[:len(content)-3] + fmt.Sprintf("%04d", i)
		m.offsetDelta(i, makeDelta([]byte(content), len(content)-3, fmt.Sprintf("%04d", i)))
		content = next
	}
	for i := range 200 {
		m.offsetDelta(i, makeDelta([]byte(strings.Repeat("x", 1000+i)), 1, ""))
	}
	found := newCollector()
	r := newPackReader(testLimits(), found)
	r.bases = newContentRing(4, 1100)
	lost, err := r.read(t.Context(), bytes.NewReader(m.pack()))
	is.NoErr(err)
	is.Equal(lost, 0)
	is.Equal(found.objects[plainID(kindBlob, []byte(content))], content)
}

func TestAnObjectWhoseBaseWasGivenUpIsLostAndCounted(t *testing.T) {
	is := is.New(t)
	var m packMaker
	random := rand.NewChaCha8([32]byte{})
	base := make([]byte, 1000)
	for range 200 {
		_, _ = random.Read(base)
		m.whole(kindBlob, base)
	}
	m.offsetDelta(0, makeDelta(base, 1, ""))   // whatever its base is
	m.offsetDelta(200, makeDelta(base, 1, "")) // on one that is lost
	m.offsetDelta(199, makeDelta(base, 1, "kept"))
	found := newCollector()
	r := newPackReader(testLimits(), found)
	r.bases, r.small.limit = newContentRing(4, 1), 2*keptChunk
	lost, err := r.read(t.Context(), bytes.NewReader(m.pack()))
	is.NoErr(err)
	is.Equal(lost, 2)
	is.Equal(found.visits, 201)
	is.True(len(r.small.chunks)-r.small.gone <= 2)
}

func TestObjectsBeyondTheLimitAreNamedButNotHandedOn(t *testing.T) {
	is := is.New(t)
	largest := int(testLimits().object)
	most := bytes.Repeat([]byte("m"), largest)
	more := append(bytes.Clone(most), '!')
	huge := make([]byte, 16<<20)
	var m packMaker
	m.whole(kindBlob, most)
	m.whole(kindBlob, more)
	m.offsetDelta(0, makeDelta(most, largest, "?"))            // its result is too large
	m.offsetDelta(1, makeDelta(more, 5, "small"))              // its base is too large
	m.idDelta(plainID(kindBlob, more), makeDelta(more, 1, "")) // so is this one's
	m.whole(kindBlob, huge)
	m.whole(kindTree, more)
	pack := m.pack()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	tooBig := &sizes{}
	lost, err := readPack(t.Context(), bytes.NewReader(pack), testLimits(), tooBig)
	runtime.ReadMemStats(&after)
	is.NoErr(err)
	is.Equal(lost, 2)
	is.Equal(tooBig.made, []int{largest})
	is.Equal(tooBig.tooLarge, []objectID{
		plainID(kindBlob, more), plainID(kindBlob, append(bytes.Clone(most), '?')),
		plainID(kindBlob, huge), plainID(kindTree, more),
	})
	is.True(after.TotalAlloc-before.TotalAlloc < 8*uint64(largest)) // whatever is in the pack
}

// sizes is a packVisitor that remembers how large objects were.
type sizes struct {
	made     []int
	tooLarge []objectID
}

func (s *sizes) object(_ objectKind, _ objectID, content []byte) error {
	s.made = append(s.made, len(content))
	return nil
}

func (*sizes) expect(int) {}

func (s *sizes) large(_ objectKind, id objectID) { s.tooLarge = append(s.tooLarge, id) }

func TestABigBaseIsMadeAgainFromWhatIsKeptOfIt(t *testing.T) {
	is := is.New(t)
	base := bytes.Repeat([]byte("0123456789abcdef"), 3*bigObject/16)
	limits := testLimits()
	limits.object = int64(4 * bigObject)
	var m packMaker
	m.whole(kindBlob, base)
	m.whole(kindBlob, base[1:])
	m.offsetDelta(0, makeDelta(base, len(base), "one"))
	m.offsetDelta(2, makeDelta(append(bytes.Clone(base), "one"...), len(base)+3, "two"))
	found := newCollector()
	r := newPackReader(limits, found)
	lost, err := r.read(t.Context(), bytes.NewReader(m.pack()))
	is.NoErr(err)
	is.Equal(lost, 0)
	is.Equal(found.objects[plainID(kindBlob, append(bytes.Clone(base), "onetwo"...))], string(base)+"onetwo")
	is.Equal(r.bases.newest, 0) // none of them is worth the memory
}

func TestAReaderReadsOnePackAfterAnother(t *testing.T) {
	is := is.New(t)
	base := bytes.Repeat([]byte("services:\n"), 100)
	var first, second packMaker
	first.whole(kindBlob, base)
	first.idDelta(plainID(kindBlob, base), makeDelta(base, 100, "first"))
	first.idDelta(plainID(kindBlob, []byte("not there")), makeDelta([]byte("not there"), 1, ""))
	second.whole(kindBlob, []byte("second"))
	second.idDelta(plainID(kindBlob, base), makeDelta(base, 100, "second")) // its base was in the first one
	random := make([]byte, 3*keptChunk)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random)
	var large packMaker
	for at := 0; at < len(random); at += 10_000 {
		large.whole(kindBlob, random[at:min(at+10_000, len(random))])
	}
	found := newCollector()
	r := newPackReader(testLimits(), found)
	for range 3 {
		_, err := r.read(t.Context(), bytes.NewReader(first.pack()))
		is.True(err != nil) // a base is missing
		_, err = r.read(t.Context(), bytes.NewReader(second.pack()))
		is.True(err != nil) // what another pack had is no base in this one
		_, err = r.read(t.Context(), bytes.NewReader(large.pack()))
		is.NoErr(err)
		is.Equal(len(r.small.chunks)+len(r.small.spare), 4) // the memory of the turn before
		lost, err := r.read(t.Context(), bytes.NewReader(smallPack()))
		is.NoErr(err)
		is.Equal(lost, 0)
	}
	for id, data := range found.objects {
		is.Equal(plainID(found.kinds[id], []byte(data)), id)
	}
}

package pack

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/matryer/is"
	"pgregory.net/rapid"
)

// The ring returns the contents that were put in, and a content does not change while the next one is made from it.
func TestContentsOfTheRingAreWhatWasPutIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arenas, size := rapid.IntRange(4, 9).Draw(t, "arenas"), rapid.IntRange(1, 50).Draw(t, "size")
		ring := NewRing(arenas, size)
		var places []Place
		var contents [][]byte
		var last []byte // what Allot returned last
		put := func(content []byte) {
			memory, place := ring.Allot(len(content))
			copy(memory, content)
			if last != nil && !bytes.Equal(last, contents[len(contents)-1]) {
				t.Fatalf("%q became %q", contents[len(contents)-1], last)
			}
			last = memory
			places, contents = append(places, place), append(contents, content)
		}
		for turn := range rapid.IntRange(1, 200).Draw(t, "turns") {
			put(bytes.Repeat([]byte{byte(turn)}, rapid.IntRange(0, size).Draw(t, "length")))
			at := rapid.IntRange(0, len(places)-1).Draw(t, "at")
			base, found := ring.Get(&places[at])
			if !found {
				continue
			}
			put(append(bytes.Clone(base[:len(base)/2]), byte(turn))[:min(size, len(base)/2+1)])
			if !bytes.Equal(base, contents[at]) {
				t.Fatalf("content %d: %q, not %q", at, base, contents[at])
			}
		}
		for at := max(0, len(places)-2); at < len(places); at++ {
			if got, found := ring.Get(&places[at]); !found || !bytes.Equal(got, contents[at]) {
				t.Fatalf("of the newest, content %d: found %v, %q, not %q", at, found, got, contents[at])
			}
		}
	})
}

func TestABaseThatIsUsedAgainAndAgainStaysInTheRing(t *testing.T) {
	is := is.New(t)
	ring := NewRing(4, 100)
	memory, base := ring.Allot(60)
	copy(memory, bytes.Repeat([]byte("b"), 60))
	_, other := ring.Allot(40)
	for range 50 {
		ring.Allot(90)
		got, found := ring.Get(&base)
		is.True(found)
		is.Equal(got, bytes.Repeat([]byte("b"), 60))
	}
	_, found := ring.Get(&other)
	is.True(!found) // a content that nobody asked for is no longer held
	_, found = ring.Get(&Place{})
	is.True(!found) // the zero place
	for at, arena := range ring.arenas {
		is.Equal(fmt.Sprint(at, len(arena)), fmt.Sprint(at, 100)) // the arenas are used again
	}
}

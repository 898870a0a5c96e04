package local

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
)

func TestAnObjectThatIsPackedWhileItIsLookedForIsFound(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		r := githost.NewOf(t, format)
		r.Commit("a/docker-compose.yml", strings.Repeat("a", 2000))
		store := newStore(filepath.Join(r.Dir, ".git", "objects"), format)
		defer store.Close()
		blob := r.ID("HEAD:a/docker-compose.yml")
		_, err := store.kind(r.ID("HEAD"))
		is.NoErr(err) // this scans for packs, and there is none
		r.Git("gc", "--quiet", "--prune=now")
		kind, err := store.kind(blob)
		is.NoErr(err)
		is.Equal(kind, object.Blob)
		content, err := store.Object(object.Blob, blob, 4000)
		is.NoErr(err)
		is.Equal(len(content), 2000)
		_, err = store.Object(object.Blob, blob, 1999)
		is.True(errors.Is(err, fault.ErrTooLarge))
	})
}

// The size of the list of places depends on the ring, and not on the number of objects that are read.
func TestPlacesOfContentsAreForgottenWithThem(t *testing.T) {
	is := is.New(t)
	s := newStore(t.TempDir(), object.SHA1)
	file := &packFile{}
	most := 0
	for offset := range int64(100_000) {
		size := 2000 + rand.Int64N(10)
		var buffer []byte
		_, place := s.allot(size, &buffer)
		s.notePlace(packPlace{file, offset}, place)
		most = max(most, len(s.places))
	}
	is.True(most < 3*pack.MaxArenas*pack.ArenaSize/2000+1<<13)
	last, ok := s.inRing(packPlace{file, 99_999})
	is.True(ok && len(last) >= 2000)
	_, ok = s.inRing(packPlace{file, 0})
	is.True(!ok)
	var large []byte
	_, place := s.allot(pack.ArenaSize+1, &large)
	s.notePlace(packPlace{file, 1 << 40}, place)
	_, noted := s.places[packPlace{file, 1 << 40}]
	is.True(!noted) // the ring does not hold it
	_, ok = s.inRing(packPlace{file, 1 << 40})
	is.True(!ok)
}

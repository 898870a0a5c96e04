package local

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// manyPacks makes a repository with a pack for each of its commits, and returns the ids of the blobs.
func manyPacks(t *testing.T, format object.Format, packs int) (objectsDir string, blobs []object.ID) {
	t.Helper()
	r := githost.NewOf(t, format)
	var stream bytes.Buffer
	for i := range packs {
		content := fmt.Sprintf("services: {n%d: {}}\n", i)
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 0\n"+
			"M 100644 inline s%d/docker-compose.yml\ndata %d\n%s\ncheckpoint\n", i, i, len(content), content)
	}
	githost.Git(t, r.Dir, &stream, "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
	for i := range packs {
		blobs = append(blobs, r.ID(fmt.Sprintf("main:s%d/docker-compose.yml", i)))
	}
	return filepath.Join(r.Dir, ".git", "objects"), blobs
}

func TestFewFilesOfManyPacksAreOpen(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		dir, blobs := manyPacks(t, format, 30)
		for _, inMemory := range []int64{0, maxIndexMemory} {
			is := is.New(t)
			s := newStore(dir, format)
			s.files.limit, s.indexMemory = 3, inMemory
			for i, id := range slices.Concat(blobs, blobs[:5]) {
				content, err := s.Object(object.Blob, id, 100)
				is.NoErr(err)
				is.Equal(string(content), fmt.Sprintf("services: {n%d: {}}\n", i%30))
				is.True(len(s.files.files) <= 3)
			}
			is.Equal(len(s.packs), 30)
			_, err := s.Object(object.Blob, object.ID{1}, 100)
			is.Equal(err, fault.ErrAbsent)
			s.Close()
			is.Equal(len(s.files.files), 0)
		}
	})
}

// Another process packs everything anew and removes the old packs, whose files this one may have closed.
func TestAPackThatIsRemovedWhileItsFileIsClosedIsReplaced(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		dir, blobs := manyPacks(t, format, 10)
		s := newStore(dir, format)
		defer s.Close()
		s.files.limit = 1
		for _, id := range blobs[:5] {
			_, err := s.Object(object.Blob, id, 100)
			is.NoErr(err)
		}
		githost.Git(t, filepath.Dir(dir), nil, "repack", "-adfq")
		for _, id := range blobs {
			_, err := s.Object(object.Blob, id, 100)
			is.NoErr(err)
		}
	})
}

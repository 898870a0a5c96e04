package local

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/packmaker"
)

// entryAt is an object of a pack file, as it is stored there.
type entryAt struct {
	id     object.ID
	offset int64
	bytes  []byte
}

// writeSparsePack writes a sparse pack file, with objects far apart and holes between them, and its index of version 2
// (gitformat-pack, "Version 2 pack-*.idx files support packs larger than 4 GiB").
func writeSparsePack(t *testing.T, format object.Format, objectsDir string, entries []entryAt) {
	t.Helper()
	is := is.New(t)
	dir := filepath.Join(objectsDir, "pack")
	is.NoErr(os.MkdirAll(dir, 0o700))
	file, err := os.Create(filepath.Join(dir, "pack-sparse.pack"))
	is.NoErr(err)
	defer file.Close()
	slices.SortFunc(entries, func(a, b entryAt) int { return bytes.Compare(a.id[:], b.id[:]) })
	index := []byte("\xfftOc\x00\x00\x00\x02")
	for first := range 256 {
		count := 0
		for _, e := range entries {
			if int(e.id[0]) <= first {
				count++
			}
		}
		index = binary.BigEndian.AppendUint32(index, uint32(count))
	}
	var checksums, small, large []byte
	for i, e := range entries {
		_, err := file.WriteAt(e.bytes, e.offset)
		is.NoErr(err)
		index = append(index, e.id[:format.Size()]...)
		checksums = append(checksums, 0, 0, 0, 0)
		small = binary.BigEndian.AppendUint32(small, 1<<31|uint32(i))
		large = binary.BigEndian.AppendUint64(large, uint64(e.offset))
	}
	index = slices.Concat(index, checksums, small, large, make([]byte, 2*format.Size()))
	header := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(entries)))
	_, err = file.WriteAt(header, 0)
	is.NoErr(err)
	is.NoErr(os.WriteFile(filepath.Join(dir, "pack-sparse.idx"), index, 0o600))
}

func TestADeltaIsReadFarBehindItsBaseInALargePack(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for _, offset := range []int64{1 << 20, 1<<31 - 1, 1 << 31, 3 << 30, 1<<32 + 5, 9 << 30} {
			is := is.New(t)
			base, result := []byte("services: {}\n"), []byte("services: {a}\n")
			m := packmaker.Maker{Format: format}
			m.Whole(object.Blob, base)
			whole := bytes.Clone(m.Body.Bytes())
			m.Offsets[0] = int64(len(whole)) - offset // so that the distance is that in the file
			m.OffsetDelta(0, packmaker.Delta(base, 11, "a}\n"))
			delta := m.Body.Bytes()[len(whole):]

			dir := t.TempDir()
			id := packmaker.ID(format, object.Blob, result)
			writeSparsePack(t, format, dir, []entryAt{
				{packmaker.ID(format, object.Blob, base), 12, whole}, {id, 12 + offset, delta},
			})
			s := newStore(dir, format)
			content, err := s.Object(object.Blob, id, 1<<10)
			is.NoErr(err)
			is.Equal(string(content), string(result))
			s.Close()
		}
	})
}

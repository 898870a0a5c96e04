package gitsource

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// packedStacks makes a bare repository with all objects in one pack. It returns the state that it must be served with,
// and the pack's path without its extension.
func packedStacks(
	t *testing.T, format object.Format, configuration ...string,
) (r *githost.Bare, want actors.DesiredState, pack string) {
	t.Helper()
	is := is.New(t)
	l := githost.Layout{}
	for i := range 200 {
		l["s"+strings.Repeat("x", i)+"/docker-compose.yml"] = githost.File(strings.Repeat("services: {}\n", i))
	}
	r = githost.ImportOf(t, format, filepath.Join(t.TempDir(), "r.git"), githost.History{{Layout: l}})
	want, err := fetchOnce(t, r.Dir)
	is.NoErr(err)
	is.Equal(len(want.Stacks), 200)
	githost.Git(t, r.Dir, nil, append(configuration, "repack", "-adfq")...)
	packs, err := filepath.Glob(filepath.Join(r.Dir, "objects", "pack", "*.pack"))
	is.NoErr(err)
	is.Equal(len(packs), 1)
	return r, want, strings.TrimSuffix(packs[0], ".pack")
}

// write writes a file, which may exist and be read-only.
func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAPackIndexOfEachVersionIsRead(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for _, version := range []string{"1", "2"} {
			t.Run(version, func(t *testing.T) {
				is := is.New(t)
				r, want, pack := packedStacks(t, format, "-c", "pack.indexVersion="+version)
				index, err := os.ReadFile(pack + ".idx")
				is.NoErr(err)
				is.Equal(strings.HasPrefix(string(index), "\xfftOc"), version == "2")
				state, err := fetchOnce(t, r.Dir)
				is.NoErr(err)
				is.Equal(state.Revision, want.Revision)
				is.Equal(state.Stacks, want.Stacks)
			})
		}
	})
}

// Other systems leave files beside packs, and a power cut leaves empty and short ones. Git passes over them too.
func TestAnOddFileBesideAPackIsPassedOver(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		half := func(content []byte) []byte { return content[:len(content)/2] }
		whole := func(content []byte) []byte { return content }
		middle := func(content []byte) []byte {
			content = append([]byte(nil), content...)
			for i := len(content) / 3; i < len(content)/2; i++ {
				content[i] ^= 0xff
			}
			return content
		}
		nothing := func([]byte) []byte { return nil }
		odd := func([]byte) []byte {
			return []byte("\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + strings.Repeat("\x00", 4096))
		}
		for _, c := range []struct {
			claim, name string
			// index and pack are made of the whole ones; there is no such file if it is nil.
			index, pack func([]byte) []byte
		}{
			{"AppleDouble", "._pack-0", odd, odd},
			{"AppleDouble without its dot", "pack-0", odd, odd},
			{"a hidden pack", ".pack-0", whole, nothing},
			{"an empty index", "pack-0", nothing, whole},
			{"a short index", "pack-0", func(c []byte) []byte { return c[:500] }, whole},
			{"half an index", "pack-0", half, whole},
			{"an index that is too long", "pack-0", func(c []byte) []byte { return append(c, make([]byte, 100_000)...) }, whole},
			{"an index without its pack", "pack-0", whole, nil},
			{"a pack without its index", "pack-0", nil, whole},
			{"an empty pack", "pack-0", whole, nothing},
			{"half a pack", "pack-0", whole, half},
			{"a damaged pack", "pack-0", whole, middle},
			{"a pack of zeros", "pack-0", whole, func(c []byte) []byte { return make([]byte, len(c)) }},
			{"an index of another version", "pack-0", func(c []byte) []byte { return append([]byte("\xfftOc\x00\x00\x00\x03"), c[8:]...) }, whole},
		} {
			t.Run(c.claim, func(t *testing.T) {
				is := is.New(t)
				r, want, pack := packedStacks(t, format)
				dir := filepath.Dir(pack)
				for extension, change := range map[string]func([]byte) []byte{".idx": c.index, ".pack": c.pack} {
					content, err := os.ReadFile(pack + extension)
					is.NoErr(err)
					if change != nil {
						write(t, filepath.Join(dir, c.name+extension), change(content))
					}
				}
				is.NoErr(os.Mkdir(filepath.Join(dir, "directory.idx"), 0o700))
				state, err := fetchOnce(t, r.Dir)
				is.NoErr(err)
				is.Equal(state.Revision, want.Revision)
				is.Equal(state.Stacks, want.Stacks)

				is.NoErr(os.Remove(pack + ".idx")) // now objects are missing, and that is the failure
				_, err = fetchOnce(t, r.Dir)
				is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
				is.True(!strings.Contains(failureOf(t, err).Message, dir))
			})
		}
	})
}

// A pack of the other format has ids of another length. Its index has another size than its fan-out table says, or, if
// that is no more than chance, other ids.
func TestAPackOfTheOtherFormatIsPassedOver(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		for _, version := range []string{"1", "2"} {
			t.Run(version, func(t *testing.T) {
				is := is.New(t)
				r, want, pack := packedStacks(t, format)
				_, _, other := packedStacks(t, 1-format, "-c", "pack.indexVersion="+version)
				for _, extension := range []string{".idx", ".pack"} {
					content, err := os.ReadFile(other + extension)
					is.NoErr(err)
					write(t, filepath.Join(filepath.Dir(pack), "pack-0"+extension), content)
				}
				state, err := fetchOnce(t, r.Dir)
				is.NoErr(err)
				is.Equal(state.Revision, want.Revision)
				is.Equal(state.Stacks, want.Stacks)
			})
		}
	})
}

// Wherever an index ends too early, it is no index. The hashes at its end are part of it.
func TestAnIndexThatIsCutShortIsPassedOver(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		r, want, pack := packedStacks(t, format)
		index, err := os.ReadFile(pack + ".idx")
		is.NoErr(err)
		packed, err := os.ReadFile(pack + ".pack")
		is.NoErr(err)
		copied := filepath.Join(filepath.Dir(pack), "pack-0")
		write(t, copied+".pack", packed)
		is.NoErr(os.Remove(pack + ".idx"))
		for _, missing := range []int{1, format.Size(), 2 * format.Size(), len(index) / 2, len(index) - 8 - 256*4, len(index) - 8, len(index) - 3} {
			write(t, copied+".idx", index[:len(index)-missing])
			_, err = fetchOnce(t, r.Dir)
			is.Equal(failureOf(t, err).Code, actors.CodeProtocol)
			is.True(!strings.Contains(failureOf(t, err).Message, r.Dir))
		}
		write(t, copied+".idx", index)
		state, err := fetchOnce(t, r.Dir)
		is.NoErr(err)
		is.Equal(state.Stacks, want.Stacks)
	})
}

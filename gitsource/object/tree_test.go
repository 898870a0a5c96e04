package object

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// rawTree makes a tree object of entries "mode name"; the ids end in 1, 2, 3 and so on.
func rawTree(format Format, entries ...string) []byte {
	var tree []byte
	for i, entry := range entries {
		tree = append(append(append(tree, entry...), 0), make([]byte, format.Size())...)
		tree[len(tree)-1] = byte(i + 1)
	}
	return tree
}

func readTree(format Format, tree []byte) (lines []string, err error) {
	for entry, err := range format.Entries(tree) {
		if err != nil {
			return lines, err
		}
		lines = append(lines, fmt.Sprintf("%d %s %d", entry.Mode, entry.Name, entry.ID[format.Size()-1]))
	}
	return lines, nil
}

func TestTreesAreReadWithAllTheModesOfGit(t *testing.T) {
	eachFormat(t, func(t *testing.T, format Format) {
		is := is.New(t)
		lines, err := readTree(format, rawTree(format,
			"100644 a", "100755 b c", "100664 d", "120000 e", "40000 f", "040000 g", "160000 h", "0 i"))
		is.NoErr(err)
		is.Equal(lines, []string{
			fmt.Sprint(ModeFile, " a 1"), fmt.Sprint(ModeFile, " b c 2"), fmt.Sprint(ModeFile, " d 3"),
			fmt.Sprint(ModeLink, " e 4"), fmt.Sprint(ModeDirectory, " f 5"), fmt.Sprint(ModeDirectory, " g 6"),
			fmt.Sprint(ModeOther, " h 7"), fmt.Sprint(ModeOther, " i 8"),
		})
		lines, err = readTree(format, nil)
		is.NoErr(err)
		is.Equal(len(lines), 0)
	})
}

func TestADamagedTreeIsAnErrorOfTheProtocol(t *testing.T) {
	eachFormat(t, func(t *testing.T, format Format) {
		is := is.New(t)
		whole := rawTree(format, "100644 a")
		damaged := [][]byte{
			rawTree(format, "100648 a"), rawTree(format, " a"), rawTree(format, "100644 "), rawTree(format, "100644"),
			rawTree(format, "100644 ."), rawTree(format, "40000 .."),
			rawTree(format, "100644 a/b"), rawTree(format, "10000000000644 a"), []byte(strings.Repeat("1", 100)),
		}
		for size := 1; size < len(whole); size++ {
			damaged = append(damaged, whole[:size])
		}
		for _, tree := range damaged {
			_, err := readTree(format, tree)
			is.True(err != nil)
			is.Equal(fault.Of(err).Code, actors.CodeProtocol)
		}
	})
}

func TestCommitsAndTagsNameAnObject(t *testing.T) {
	eachFormat(t, func(t *testing.T, format Format) {
		is := is.New(t)
		id := strings.Repeat("0a", format.Size())
		commit, err := format.ReadCommit([]byte("tree " + id + "\nparent x\n"))
		is.NoErr(err)
		is.Equal(commit.Tree.String(), id)
		target, err := format.TagTarget([]byte("object " + id + "\ntype commit\n"))
		is.NoErr(err)
		is.Equal(target.String(), id)
		for _, bad := range []string{"", "tree", "tree \n", "tree " + id[1:] + "\n", "tree " + id + "0\n",
			"object " + id, "tree " + strings.Repeat("0a", (1-format).Size()) + "\n"} {
			_, err := format.ReadCommit([]byte(bad))
			is.Equal(fault.Of(err).Code, actors.CodeProtocol)
		}
	})
}

func FuzzTree(f *testing.F) {
	for _, format := range []Format{SHA1, SHA256} {
		f.Add(format == SHA256, rawTree(format, "100644 a", "40000 b"))
		f.Add(format == SHA256, rawTree(format, "120000 docker-compose.yml"))
	}
	f.Add(false, []byte("100644 a"))
	f.Fuzz(func(t *testing.T, isSHA256 bool, tree []byte) {
		format := formatOf(isSHA256)
		var again []byte
		var modes int
		for entry, err := range format.Entries(tree) {
			if err != nil {
				return
			}
			if len(entry.Name) == 0 || bytes.ContainsAny(entry.Name, "/\x00") || len(entry.Name) > len(tree) {
				t.Fatalf("the name %q was read", entry.Name)
			}
			again = append(append(append(again, entry.Name...), 0), entry.ID[:format.Size()]...)
			modes++
		}
		if rest := len(tree) - len(again); rest < 2*modes || rest > (maxModeDigits+1)*modes {
			t.Fatalf("%d of %d bytes of %d entries were read", len(again), len(tree), modes)
		}
	})
}

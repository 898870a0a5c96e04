package gitsource

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

// rawTree makes a tree object of entries "mode name"; the ids are 1, 2, 3 and so on.
func rawTree(entries ...string) []byte {
	var tree []byte
	for i, entry := range entries {
		id := objectID{19: byte(i + 1)}
		tree = append(append(append(tree, entry...), 0), id[:]...)
	}
	return tree
}

func readTree(tree []byte) (lines []string, err error) {
	for entry, err := range treeEntries(tree) {
		if err != nil {
			return lines, err
		}
		lines = append(lines, fmt.Sprintf("%d %s %d", entry.kind, entry.name, entry.id[19]))
	}
	return lines, nil
}

func TestTreesAreReadWithAllTheModesOfGit(t *testing.T) {
	is := is.New(t)
	lines, err := readTree(rawTree(
		"100644 a", "100755 b c", "100664 d", "120000 e", "40000 f", "040000 g", "160000 h", "0 i"))
	is.NoErr(err)
	is.Equal(lines, []string{
		fmt.Sprint(fileEntry, " a 1"), fmt.Sprint(fileEntry, " b c 2"), fmt.Sprint(fileEntry, " d 3"),
		fmt.Sprint(linkEntry, " e 4"), fmt.Sprint(directoryEntry, " f 5"), fmt.Sprint(directoryEntry, " g 6"),
		fmt.Sprint(otherEntry, " h 7"), fmt.Sprint(otherEntry, " i 8"),
	})
	lines, err = readTree(nil)
	is.NoErr(err)
	is.Equal(len(lines), 0)
}

func TestADamagedTreeIsAnErrorOfTheProtocol(t *testing.T) {
	is := is.New(t)
	whole := rawTree("100644 a")
	damaged := [][]byte{
		rawTree("100648 a"), rawTree(" a"), rawTree("100644 "), rawTree("100644"), rawTree("100644 ."), rawTree("40000 .."),
		rawTree("100644 a/b"), rawTree("10000000000644 a"), []byte(strings.Repeat("1", 100)),
	}
	for size := 1; size < len(whole); size++ {
		damaged = append(damaged, whole[:size])
	}
	for _, tree := range damaged {
		_, err := readTree(tree)
		is.True(err != nil)
		is.Equal(classify(err).Code, actors.CodeProtocol)
	}
}

func TestATreeWithTwoEntriesOfOneNameIsAnError(t *testing.T) {
	for _, tree := range [][]byte{
		rawTree("100644 docker-compose.yml", "100644 docker-compose.yml"), rawTree("40000 a", "40000 b", "40000 a"),
		rawTree("40000 docker-compose.yml", "100644 docker-compose.yml"),
	} {
		is := is.New(t)
		empty := map[objectID][]byte{{}: tree}
		for i := range 3 {
			empty[objectID{19: byte(i + 1)}] = nil
		}
		b := newBuilder([]string{"docker-compose.yml"}, &received{trees: empty}, nil)
		_, err := b.directory(t.Context(), objectID{}, nil, 0)
		is.True(err != nil)
		is.Equal(classify(err).Code, actors.CodeProtocol)
	}
}

func TestCommitsAndTagsNameAnObject(t *testing.T) {
	is := is.New(t)
	id := strings.Repeat("0a", 20)
	tree, err := commitTree([]byte("tree " + id + "\nparent x\n"))
	is.NoErr(err)
	is.Equal(tree.String(), id)
	target, err := tagTarget([]byte("object " + id + "\ntype commit\n"))
	is.NoErr(err)
	is.Equal(target.String(), id)
	for _, bad := range []string{"", "tree", "tree \n", "tree " + id[1:] + "\n", "tree " + id + "0\n", "object " + id} {
		_, err := commitTree([]byte(bad))
		is.Equal(classify(err).Code, actors.CodeProtocol)
	}
}

func TestPathsAreEscapedOnlyWhereTheyMustBe(t *testing.T) {
	is := is.New(t)
	for path, want := range map[string]string{
		"a b/\"ö☃'\\": "a b/\"ö☃'\\", "a\x00b": `a\x00b`, "\n\r\t\x1b\x7f": `\n\r\t\x1b\x7f`,
		"\xff\xfeé": `\xff\xfeé`, "\u0085\u2028": `\u0085` + "\u2028", "\ufffd": "\ufffd", "\xe2\x98": `\xe2\x98`,
	} {
		is.Equal(escapePath(path), want)
	}
}

func FuzzTree(f *testing.F) {
	f.Add(rawTree("100644 a", "40000 b"))
	f.Add(rawTree("120000 docker-compose.yml"))
	f.Add([]byte("100644 a"))
	f.Fuzz(func(t *testing.T, tree []byte) {
		var again []byte
		var modes int
		for entry, err := range treeEntries(tree) {
			if err != nil {
				return
			}
			if len(entry.name) == 0 || bytes.ContainsAny(entry.name, "/\x00") || len(entry.name) > len(tree) {
				t.Fatalf("the name %q was read", entry.name)
			}
			again = append(append(append(again, entry.name...), 0), entry.id[:]...)
			modes++
		}
		if rest := len(tree) - len(again); rest < 2*modes || rest > (maxModeDigits+1)*modes {
			t.Fatalf("%d of %d bytes of %d entries were read", len(again), len(tree), modes)
		}
	})
}

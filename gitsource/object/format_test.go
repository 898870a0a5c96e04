package object

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// eachFormat runs a test for each format.
func eachFormat(t *testing.T, test func(*testing.T, Format)) {
	t.Helper()
	for _, format := range []Format{SHA1, SHA256} {
		t.Run(format.String(), func(t *testing.T) { test(t, format) })
	}
}

func TestFormatsAreToldApartByTheirIDs(t *testing.T) {
	is := is.New(t)
	for digits, want := range map[string]Format{strings.Repeat("0a", 20): SHA1, strings.Repeat("0A", 32): SHA256} {
		id, ok := ParseID(digits)
		is.True(ok)
		is.Equal(id.Format(), want)
		is.Equal(id.String(), strings.ToLower(digits))
		is.Equal(want.ID(id[:want.Size()]), id)
		own, ok := want.ParseID(digits)
		is.True(ok)
		is.Equal(own, id)
		_, ok = (1 - want).ParseID(digits) // the other format
		is.True(!ok)
	}
	zero, ok := ParseID(strings.Repeat("0", 64))
	is.True(ok && zero.IsZero())
	zero, ok = ParseID(strings.Repeat("0", 40))
	is.True(ok && zero.IsZero())
	like := strings.Repeat("ab", 20) + strings.Repeat("0", 24) // it would be a SHA-1
	for _, text := range []string{like, "", strings.Repeat("a", 39), strings.Repeat("a", 63), strings.Repeat("g", 64)} {
		_, ok := ParseID(text)
		is.True(!ok)
	}
}

func TestFormatsHaveTheNamesOfGit(t *testing.T) {
	is := is.New(t)
	for name, want := range map[string]Format{"sha1": SHA1, "sha256": SHA256, "SHA256": SHA256} {
		format, known := ParseFormat(name)
		is.True(known)
		is.Equal(format, want)
	}
	for _, name := range []string{"", "sha", "sha512", "sha1 "} {
		_, known := ParseFormat(name)
		is.True(!known)
	}
}

func TestAnIDOfSHA256IsThatOfHeaderAndContent(t *testing.T) {
	is := is.New(t)
	h := SHA256.NewHasher()
	for range 2 {
		id, err := h.ID(Blob, []byte("services: {}\n"))
		is.NoErr(err)
		is.Equal(id.String(), fmt.Sprintf("%x", sha256.Sum256([]byte("blob 13\x00services: {}\n"))))
	}
	// git hash-object -t tree /dev/null, in a repository of this format, prints it.
	empty, err := h.ID(Tree, nil)
	is.NoErr(err)
	is.Equal(empty.String(), "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321")
}

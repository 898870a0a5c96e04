package hashing_test

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"
	"go.uber.org/goleak"

	"mooring/hashing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHashIsTheDigestOfTheRawBytes(t *testing.T) {
	for content, want := range map[string]string{
		"":    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", // FIPS 180-4 examples
		"abc": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	} {
		is.New(t).Equal(hashing.Of([]byte(content)), want)
	}
}

func TestHashIsWhatSha256sumPrints(t *testing.T) {
	is := is.New(t)
	for _, content := range []string{"", "services: {}\n", "services: {}\r\n", "\xef\xbb\xbfservices: {}", "\x00\xff\n\n"} {
		sha256sum := exec.Command("sha256sum")
		sha256sum.Stdin = strings.NewReader(content)
		printed, err := sha256sum.Output()
		is.NoErr(err)
		is.Equal(hashing.Of([]byte(content)), "sha256:"+string(printed[:64]))
	}
}

func TestOnlyTheOneSpellingIsValid(t *testing.T) {
	is := is.New(t)
	hash := hashing.Of([]byte("services: {}\n"))
	is.True(hashing.Valid(hash))
	for _, other := range []string{
		"", "sha256:", hash[:len(hash)-1], hash + "0", strings.ToUpper(hash), hash[7:], "sha1:" + hash[7:],
		" " + hash, hash + "\n", hash[:10] + "g" + hash[11:], hash[:10] + "é" + hash[12:],
	} {
		is.True(!hashing.Valid(other))
	}
}

func FuzzOf(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("services: {}\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		hash := hashing.Of(content)
		if !hashing.Valid(hash) {
			t.Fatalf("%q is not valid", hash)
		}
		if other := append(bytes.Clone(content), '\n'); hashing.Of(other) == hash {
			t.Fatal("a newline at the end does not count")
		}
	})
}

func FuzzValid(f *testing.F) {
	form := regexp.MustCompile(`\Asha256:[0-9a-f]{64}\z`)
	f.Add(hashing.Of(nil))
	f.Add("sha256:" + strings.Repeat("G", 64))
	f.Fuzz(func(t *testing.T, s string) {
		if hashing.Valid(s) != form.MatchString(s) {
			t.Fatalf("Valid(%q) is %v", s, hashing.Valid(s))
		}
	})
}

func BenchmarkOf(b *testing.B) {
	content := bytes.Repeat([]byte("image: nginx\n"), 200) // a compose file of 2.6 kB
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		hashing.Of(content)
	}
}

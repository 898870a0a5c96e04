package inflate

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
)

// runs is a Source that returns a few bytes at a time.
type runs struct {
	rest  []byte
	piece int
}

func (r *runs) Run() ([]byte, error) {
	if len(r.rest) == 0 {
		return nil, io.EOF
	}
	return r.rest[:min(r.piece, len(r.rest))], nil
}

func (r *runs) Skip(n int) { r.rest = r.rest[n:] }

func deflated(t testing.TB, level int, content []byte) []byte {
	var into bytes.Buffer
	writer, err := zlib.NewWriterLevel(&into, level)
	if err == nil {
		_, err = writer.Write(content)
	}
	if err = errors.Join(err, writer.Close()); err != nil {
		t.Fatal(err)
	}
	return into.Bytes()
}

// contents has one content for each way in which compressors write blocks.
func contents() map[string][]byte {
	random := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	// Bytes of very unequal frequency have code words longer than the first look at a table.
	skewed := bytes.Repeat([]byte{0}, 1<<17)
	for i := range skewed {
		for b := byte(0); b < 60 && random.IntN(2) == 0; b++ {
			skewed[i] = b + 1
		}
	}
	return map[string][]byte{
		"nothing": {}, "a byte": {'a'}, "a compose file": []byte(githost.ComposeText(random, 1)), "noise": noise, "skewed": skewed,
		"zeros":     make([]byte, 300_000),
		"far apart": bytes.Join([][]byte{noise[:30_000], []byte(strings.Repeat("ab", 1000)), noise[:30_000]}, nil),
	}
}

func TestEveryObjectIsInflatedToItsEndAndNotPast(t *testing.T) {
	levels := []int{zlib.NoCompression, zlib.BestSpeed, zlib.DefaultCompression, zlib.BestCompression, zlib.HuffmanOnly}
	for name, content := range contents() {
		for _, level := range levels {
			stream := append(deflated(t, level, content), "what follows"...)
			for _, piece := range []int{1, 2, 7, 8, 9, 100, len(stream)} {
				t.Run(fmt.Sprint(name, " ", level, " ", piece), func(t *testing.T) {
					is := is.New(t)
					var z Decoder
					from, got := &runs{stream, piece}, make([]byte, len(content))
					is.NoErr(z.Decode(from, got))
					is.True(bytes.Equal(got, content))
					is.Equal(string(from.rest), "what follows")
				})
			}
		}
	}
}

func TestAnObjectOfAnotherSizeOrCutShortIsNotInflated(t *testing.T) {
	is := is.New(t)
	for name, content := range contents() {
		stream := deflated(t, zlib.DefaultCompression, content)
		var z Decoder
		is.Equal(z.Decode(&runs{stream, 8}, make([]byte, len(content)+1)), ErrWrongSize)
		if len(content) > 0 {
			is.Equal(z.Decode(&runs{stream, 8}, make([]byte, len(content)-1)), ErrWrongSize)
		}
		for cut := range min(len(stream), 300) {
			if err := z.Decode(&runs{stream[:cut], 8}, make([]byte, len(content))); err != io.ErrUnexpectedEOF {
				t.Fatalf("%s, cut at %d: %v", name, cut, err)
			}
		}
	}
}

// FuzzInflate compares the Decoder with package zlib: both must accept the same streams, make the same content of them,
// and end at the same byte. Streams with a preset dictionary are left out: Git has none, and package zlib accepts one.
func FuzzInflate(f *testing.F) {
	for _, content := range contents() {
		for _, level := range []int{zlib.NoCompression, zlib.BestSpeed, zlib.DefaultCompression} {
			f.Add(deflated(f, level, content[:min(len(content), 2000)]), 3)
		}
	}
	// A fixed code; codes of one word and of none.
	f.Add([]byte("\x78\x9c\x4b\x4c\x44\x00\x00"), 1)
	f.Add([]byte("\x78\x9c\x05\xc0\x81\x08\x00\x00\x00\x00\x20\x7f\xeb\x0b\x00\x00\x00\x01"), 8)
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		piece = max(1, piece%20)
		source := bytes.NewReader(stream)
		want, err := unzip(source)
		if len(want) > largestUnzipped || len(stream) > 1 && stream[1]&0x20 != 0 {
			return // too large to compare, or a kind that Git does not have
		}
		from, got := &runs{stream, piece}, make([]byte, len(want))
		var z Decoder
		switch gotErr := z.Decode(from, got); {
		case (err == nil) != (gotErr == nil):
			t.Fatalf("%v, while zlib says %v", gotErr, err)
		case err != nil:
			return
		}
		if !bytes.Equal(got, want) || len(from.rest) != source.Len() {
			t.Fatalf("%q, %d left; want %q, %d left", got, len(from.rest), want, source.Len())
		}
		if err := z.Decode(&runs{stream, 20 - piece}, make([]byte, len(want)+1)); err != ErrWrongSize {
			t.Fatalf("one byte too few, and %v", err)
		}
	})
}

const largestUnzipped = 1 << 20

// unzip inflates with package zlib.
func unzip(source *bytes.Reader) ([]byte, error) {
	reader, err := zlib.NewReader(source)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(reader, largestUnzipped+1))
}

func BenchmarkInflate(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	content := []byte(githost.ComposeText(random, 1))
	stream := deflated(b, zlib.DefaultCompression, content)
	b.Run("mooring", func(b *testing.B) {
		b.SetBytes(int64(len(content)))
		var z Decoder
		for b.Loop() {
			if err := z.Decode(&runs{stream, len(stream)}, content); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("zlib", func(b *testing.B) {
		b.SetBytes(int64(len(content)))
		reader, err := zlib.NewReader(bytes.NewReader(stream))
		for b.Loop() && err == nil {
			if err = reader.(zlib.Resetter).Reset(bytes.NewReader(stream), nil); err == nil {
				_, err = io.ReadFull(reader, content)
			}
		}
		if err != nil {
			b.Fatal(err)
		}
	})
}

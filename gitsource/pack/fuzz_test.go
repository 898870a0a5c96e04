package pack

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
	"mooring/gitsource/packmaker"
)

// checkVisits is a Visitor that computes each id anew.
type checkVisits struct {
	t      *testing.T
	format object.Format
	visits int
}

func (c *checkVisits) Object(kind object.Kind, id object.ID, content []byte) error {
	if c.visits++; packmaker.ID(c.format, kind, content) != id {
		c.t.Errorf("a %s of %d bytes came as %s", kind, len(content), id)
	}
	return nil
}

func (*checkVisits) Expect(int) {}

func (c *checkVisits) Large(object.Kind, object.ID) { c.visits++ }

// fuzzPack reads a pack, which must succeed or end with an error of the protocol.
func fuzzPack(t *testing.T, format object.Format, pack []byte) {
	visits := &checkVisits{t: t, format: format}
	limits := Limits{Bytes: 1 << 20, Objects: 1000, Object: 1 << 16}
	reader := NewReader(format, limits, visits)
	lost, err := reader.Read(context.Background(), bytes.NewReader(pack))
	var malformed *fault.ProtocolError
	if err != nil && !errors.As(err, &malformed) {
		t.Fatalf("the error is not one of the protocol: %v", err)
	}
	if err == nil && int(pack[10])<<8|int(pack[11]) != visits.visits+lost {
		t.Fatalf("%d objects were handed on and %d lost", visits.visits, lost)
	}
	// After any pack the same reader can read a good pack.
	if lost, err := reader.Read(context.Background(), bytes.NewReader(smallPack(format))); lost != 0 || err != nil {
		t.Fatalf("a good pack after it: %d lost, %v", lost, err)
	}
}

// formatOf is the format for the tests' first argument.
func formatOf(isSHA256 bool) object.Format {
	if isSHA256 {
		return object.SHA256
	}
	return object.SHA1
}

func FuzzPackReader(f *testing.F) {
	for _, format := range githost.Formats() {
		f.Add(format == object.SHA256, smallPack(format))
		f.Add(format == object.SHA256, packmaker.Seal(format, nil, 0))
	}
	f.Add(false, []byte("PACK"))
	f.Fuzz(func(t *testing.T, isSHA256 bool, pack []byte) { fuzzPack(t, formatOf(isSHA256), pack) })
}

// FuzzPackOfObjects makes packs of whole objects and deltas from the bytes. Checksums and compression are right, so
// that the code behind their checks is reached.
func FuzzPackOfObjects(f *testing.F) {
	for _, isSHA256 := range []bool{false, true} {
		f.Add(isSHA256, []byte("\x00hello\x01\x00\x05\x90\x03\x02\x01\x05\x90\x05"))
		f.Add(isSHA256, []byte{1, 0, 2, 0, 1, 0, 3, 1})
	}
	f.Fuzz(func(t *testing.T, isSHA256 bool, script []byte) {
		format := formatOf(isSHA256)
		m := packmaker.Maker{Format: format}
		var contents [][]byte
		for len(script) >= 3 && len(m.Offsets) < 200 {
			operation, place, size := script[0], int(script[1]), min(int(script[2]), len(script)-3)
			data := script[3 : 3+size]
			script = script[3+size:]
			switch {
			case operation%4 == 0 || len(contents) == 0:
				m.Whole(object.Blob, data)
				contents = append(contents, data)
			case operation%4 == 1:
				m.OffsetDelta(place%len(m.Offsets), data)
			case operation%4 == 2:
				base := contents[place%len(contents)]
				made := packmaker.Delta(base, size%(len(base)+1), string(data))
				m.IDDelta(packmaker.ID(format, object.Blob, base), made)
			default:
				base := contents[place%len(contents)]
				result := append(bytes.Clone(base), data...)
				m.IDDelta(packmaker.ID(format, object.Blob, result), packmaker.Delta(result, size, "after"))
				m.IDDelta(packmaker.ID(format, object.Blob, base), packmaker.Delta(base, len(base), string(data)))
				contents = append(contents, result)
			}
		}
		fuzzPack(t, format, m.Pack())
	})
}

func FuzzDelta(f *testing.F) {
	f.Add([]byte("0123456789"), []byte{10, 4, 0x90, 4})
	f.Add([]byte("0123456789"), []byte{10, 3, 0x91, 8, 2, 1, 'x'})
	f.Add([]byte{}, []byte{0, 0})
	f.Fuzz(func(t *testing.T, base, data []byte) {
		d, err := ParseDelta(data)
		if err != nil || d.ResultSize > 1<<20 {
			return
		}
		result := make([]byte, d.ResultSize)
		var streamed bytes.Buffer
		applied, written := d.Apply(base, result), d.writeTo(base, &streamed)
		if (applied == nil) != (written == nil) {
			t.Fatalf("apply says %v, writeTo says %v", applied, written)
		}
		if applied == nil && !bytes.Equal(result, streamed.Bytes()) {
			t.Fatal("apply and writeTo come to different results")
		}
	})
}

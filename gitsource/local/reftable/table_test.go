package reftable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/fault"
	"mooring/gitsource/tablemaker"
)

// pullRefs are many refs, as a host has them.
func pullRefs(count int) []tablemaker.Record {
	records := []tablemaker.Record{
		{Name: "HEAD", Target: "refs/heads/main"},
		{Name: "refs/heads/main", ID: bytes.Repeat([]byte{1}, sizeOfSHA1)},
	}
	for i := range count {
		id := fmt.Appendf(make([]byte, 0, sizeOfSHA1), "%020d", i)
		records = append(records, tablemaker.Record{Name: fmt.Sprintf("refs/pull/%d/head", i), ID: id})
	}
	return records
}

// counted counts what is read of a file.
type counted struct {
	*bytes.Reader
	reads, bytes int
}

func (c *counted) ReadAt(p []byte, offset int64) (int, error) {
	c.reads++
	c.bytes += len(p)
	return c.Reader.ReadAt(p, offset)
}

func TestASearchAmongManyRefsReadsFewBlocks(t *testing.T) {
	f := tablemaker.Git(sizeOfSHA1)
	f.HasRest = false // it would take long to write
	content := f.Table(1, 1, pullRefs(100_000))
	for _, name := range []string{"HEAD", "refs/heads/main", "refs/pull/77777/head", "refs/pull/99999/head", "refs/x", "A"} {
		is := is.New(t)
		file := &counted{Reader: bytes.NewReader(content)}
		table, err := newTable(file, int64(len(content)), sizeOfSHA1)
		is.NoErr(err)
		_, ok, err := table.find(name)
		is.NoErr(err)
		is.Equal(ok, len(name) != 1 && name != "refs/x")
		is.True(file.reads <= 2+3+1)          // header, footer, up to three blocks of the index, one of refs
		is.True(file.bytes <= (3+1)*4096+100) // and each is small
		is.True(len(content) > 100*4096)      // compared with the whole
	}
}

func TestAnIndexInOneLargeBlockIsReadWhole(t *testing.T) {
	for _, padded := range []bool{true, false} {
		f := tablemaker.Format{Version: 1, IDSize: sizeOfSHA1, BlockSize: 300, IsPadded: padded, HasLargeIndex: true, HasRest: true}
		content := f.Table(1, 1, pullRefs(5000))
		is := is.New(t)
		table, err := newTable(bytes.NewReader(content), int64(len(content)), sizeOfSHA1)
		is.NoErr(err)
		for _, r := range pullRefs(5000) {
			found, ok, err := table.find(r.Name)
			is.NoErr(err)
			is.True(ok)
			is.Equal(found, value{r.ID, r.Target})
		}
		_, ok, err := table.find("refs/z")
		is.NoErr(err)
		is.True(!ok)
	}
}

func isProtocolError(err error) bool {
	var broken *fault.ProtocolError
	return errors.As(err, &broken)
}

// The footer has a checksum of itself and of the header; it tells of a file that is cut short too.
func TestATableWithADamagedHeaderOrFooterIsRefused(t *testing.T) {
	for _, idSize := range []int{sizeOfSHA1, sizeOfSHA256} {
		content := tablemaker.Git(idSize).Table(3, 5, []tablemaker.Record{{Name: "refs/heads/main", ID: make([]byte, idSize)}})
		header := headerV1
		if idSize == sizeOfSHA256 {
			header = headerV2
		}
		_, err := newTable(bytes.NewReader(content), int64(len(content)), idSize)
		is.New(t).NoErr(err)
		for i := range content {
			is := is.New(t)
			if i <= header || i >= len(content)-header-footerRest { // the type of the first block is part of it
				damaged := bytes.Clone(content)
				damaged[i] ^= 0x40
				_, err := newTable(bytes.NewReader(damaged), int64(len(damaged)), idSize)
				is.True(isProtocolError(err))
			}
			_, err := newTable(bytes.NewReader(content[:i]), int64(i), idSize)
			is.True(isProtocolError(err))
			_, err = newTable(bytes.NewReader(content[:i]), int64(len(content)), idSize) // it shrinks while it is open
			is.True(isProtocolError(err))
		}
	}
}

func TestATableOfAnotherVersionOrHashIsRefusedInWords(t *testing.T) {
	is := is.New(t)
	content := tablemaker.Git(sizeOfSHA1).Table(1, 1, pullRefs(1))
	content[4] = 3
	_, err := newTable(bytes.NewReader(content), int64(len(content)), sizeOfSHA1)
	is.True(isProtocolError(err))
	is.True(strings.Contains(err.Error(), "version 3"))
	content = tablemaker.Git(sizeOfSHA256).Table(1, 1, nil)
	_, err = newTable(bytes.NewReader(content), int64(len(content)), sizeOfSHA1)
	is.True(strings.Contains(err.Error(), "another format"))
}

// A part of a file may be lost although its footer is whole. A search must not take that for a table without the ref:
// an older table may have an older value.
func TestLostBlocksAreDamageAndNotTheEndOfTheRefs(t *testing.T) {
	for _, hasIndex := range []bool{true, false} {
		is := is.New(t)
		f := tablemaker.Format{Version: 1, IDSize: sizeOfSHA1, BlockSize: 512, IsPadded: true, MaxRow: 1000, HasRest: true}
		if hasIndex {
			f.MaxRow = 3
		}
		content := f.Table(1, 1, pullRefs(100))
		clear(content[1024:2048])
		table, err := newTable(bytes.NewReader(content), int64(len(content)), sizeOfSHA1)
		is.NoErr(err)
		is.Equal(table.refIndex > 0, hasIndex)
		failed := 0
		for _, r := range pullRefs(100) {
			_, ok, err := table.find(r.Name)
			is.True(ok == (err == nil)) // found, or an error
			if err != nil {
				is.True(isProtocolError(err))
				failed++
			}
		}
		is.True(failed > 10)
		is.True(isProtocolError(table.each(func(record) (bool, error) { return true, nil })))
	}
}

// FuzzTable checks that no bytes of blocks make a search fail otherwise than with a clean error.
func FuzzTable(f *testing.F) {
	for _, form := range []tablemaker.Format{
		tablemaker.Git(sizeOfSHA1), tablemaker.Git(sizeOfSHA256),
		{Version: 2, IDSize: sizeOfSHA1, BlockSize: 200, Restart: 3, HasRest: true},
		{Version: 1, IDSize: sizeOfSHA1, BlockSize: 150, IsPadded: true, MaxRow: 2},
	} {
		records := pullRefs(60)
		for i := range records {
			if records[i].ID != nil {
				records[i].ID = make([]byte, form.IDSize)
			}
		}
		f.Add(form.Table(1, 1, records), "refs/pull/33/head")
	}
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		for _, idSize := range []int{sizeOfSHA1, sizeOfSHA256} {
			mended := mendFooter(bytes.Clone(content))
			table, err := newTable(bytes.NewReader(mended), int64(len(mended)), idSize)
			if err != nil {
				if !isProtocolError(err) {
					t.Fatal(err)
				}
				continue
			}
			for _, wanted := range []string{name, "HEAD", "refs/heads/main"} {
				found, ok, err := table.find(wanted)
				if err != nil && !isProtocolError(err) {
					t.Fatal(err)
				}
				if ok && found.id != nil && len(found.id) != idSize {
					t.Fatalf("an id has %d bytes", len(found.id))
				}
			}
			if err := table.each(func(record) (bool, error) { return true, nil }); err != nil && !isProtocolError(err) {
				t.Fatal(err)
			}
		}
	})
}

// mendFooter copies the header to the footer and makes its checksum right, so that damage gets further than to these.
func mendFooter(content []byte) []byte {
	header := headerV1
	if len(content) > 4 && content[4] == 2 {
		header = headerV2
	}
	if len(content) < 2*header+footerRest {
		return content
	}
	footer := content[len(content)-header-footerRest:]
	copy(footer, content[:header])
	return append(content[:len(content)-4], checksum(footer[:len(footer)-4])...)
}

func checksum(data []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data))
}

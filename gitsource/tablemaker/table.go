package tablemaker

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// Record is what a table says of a ref. With a name alone it is a deletion.
type Record struct {
	Name string
	// ID is the object that the ref names, and Peeled the one that this, an annotated tag, leads to.
	ID, Peeled []byte
	// Target is the name of the ref that a symbolic one leads to.
	Target string
}

// Format is a way to write a table. A block must have room for the longest record.
type Format struct {
	// Version is 1 or 2.
	Version int
	// IDSize is 20, or 32 in version 2.
	IDSize int
	// BlockSize is the size in bytes up to which blocks are filled.
	BlockSize int
	// IsPadded tells that each block begins at a multiple of BlockSize.
	IsPadded bool
	// PadsEnd tells that the last block is padded as well. Git does not do that.
	PadsEnd bool
	// Restart is how many records share a whole name; 0 counts as 16.
	Restart int
	// MaxRow is how many blocks stand in a row without an index: git writes up to 3 of them if blocks are padded. Without
	// padding it is 1.
	MaxRow int
	// HasLargeIndex tells that the index is one block, however large, as JGit writes it.
	HasLargeIndex bool
	// HasRest tells that the table also has the map from objects to refs, and logs.
	HasRest bool
}

// Git is the format that git writes if nothing is set.
func Git(idSize int) Format {
	version := 1
	if idSize > 20 {
		version = 2
	}
	return Format{Version: version, IDSize: idSize, BlockSize: 4096, IsPadded: true, MaxRow: 3, HasRest: true}
}

// Table writes a table with the records of the updates from first to last.
func (f Format) Table(first, last uint64, records []Record) []byte {
	w := &writer{Format: f}
	w.header(first, last)
	records = slices.Clone(records)
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(a.Name, b.Name) })
	var refs, objects []entry
	for _, r := range records {
		refs = append(refs, r.entry())
	}
	var footer [5]int
	_, footer[0] = w.section('r', refs)
	if f.HasRest && w.rows > 0 {
		for i, r := range records {
			if r.ID != nil {
				objects = append(objects, entry{string(r.ID), 1, varint(uint64(w.blockOf[i]))})
			}
		}
		slices.SortFunc(objects, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
		objects = slices.CompactFunc(objects, func(a, b entry) bool { return a.key == b.key })
		if len(objects) > 0 {
			footer[1], footer[2] = w.section('o', objects)
			footer[1] = footer[1]<<5 | f.IDSize&31
		}
	}
	if !f.PadsEnd {
		w.padding = 0
	}
	w.pad()
	if f.HasRest && len(records) > 0 {
		footer[3] = w.buffer.Len()
		w.log(last, records)
	}
	start := w.buffer.Len()
	w.header(first, last)
	for _, position := range footer {
		w.buffer.Write(binary.BigEndian.AppendUint64(nil, uint64(position)))
	}
	w.buffer.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(w.buffer.Bytes()[start:])))
	return w.buffer.Bytes()
}

// entry is a record of any block: its key, the number beside the length of the key, and what follows the key.
type entry struct {
	key   string
	extra int
	value []byte
}

func (r Record) entry() entry {
	const update = 0 // all values count as those of the table's first update
	switch {
	case r.Target != "":
		return entry{r.Name, 3, slices.Concat([]byte{update}, varint(uint64(len(r.Target))), []byte(r.Target))}
	case r.Peeled != nil:
		return entry{r.Name, 2, slices.Concat([]byte{update}, r.ID, r.Peeled)}
	case r.ID != nil:
		return entry{r.Name, 1, slices.Concat([]byte{update}, r.ID)}
	}
	return entry{r.Name, 0, []byte{update}}
}

// writer is a table that is being written.
type writer struct {
	Format
	buffer bytes.Buffer
	// padding is due before the next block.
	padding int
	// blockOf are the positions of the blocks of the section's entries, and rows is how many blocks it has.
	blockOf []int
	rows    int
}

func (w *writer) header(first, last uint64) {
	size := 0
	if w.IsPadded {
		size = w.BlockSize
	}
	w.buffer.WriteString("REFT")
	w.buffer.Write([]byte{byte(w.Version), byte(size >> 16), byte(size >> 8), byte(size)})
	w.buffer.Write(binary.BigEndian.AppendUint64(nil, first))
	w.buffer.Write(binary.BigEndian.AppendUint64(nil, last))
	switch {
	case w.Version == 2 && w.IDSize == 32:
		w.buffer.WriteString("s256")
	case w.Version == 2:
		w.buffer.WriteString("sha1")
	}
}

// section writes blocks, and levels of an index until at most MaxRow blocks are left in a row. index is 0 without one.
func (w *writer) section(kind byte, entries []entry) (position, index int) {
	w.blockOf = nil
	entries, position = w.blocks(kind, entries, w.BlockSize)
	w.rows = len(entries)
	blockOf, most := w.blockOf, max(1, w.MaxRow)
	if !w.IsPadded {
		most = 1
	}
	for len(entries) > most {
		before, size := len(entries), w.BlockSize
		if w.HasLargeIndex {
			size = 1<<24 - 1
		}
		if entries, index = w.blocks('i', entries, size); len(entries) >= before {
			w.HasLargeIndex = true
		}
	}
	w.blockOf = blockOf
	return position, index
}

// log writes the logs of all refs in one block.
func (w *writer) log(update uint64, records []Record) {
	b := block{limit: 1<<24 - 1, restart: 16, size: 4}
	for _, r := range records {
		key := r.Name + "\x00" + string(binary.BigEndian.AppendUint64(nil, ^update))
		text := func(s string) []byte { return append(varint(uint64(len(s))), s...) }
		ids := make([]byte, 2*w.IDSize)
		value := slices.Concat(ids, text("A U Thor"), text("a@example.com"), varint(1_700_000_000), []byte{0, 0}, text("x\n"))
		b.add(entry{key, 1, value})
	}
	content := b.finish()
	w.buffer.Write([]byte{'g', byte((len(content) + 4) >> 16), byte((len(content) + 4) >> 8), byte(len(content) + 4)})
	deflated := zlib.NewWriter(&w.buffer)
	_, _ = deflated.Write(content)
	deflated.Close()
}

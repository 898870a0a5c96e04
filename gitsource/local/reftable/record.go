package reftable

import (
	"bytes"
	"encoding/binary"

	"mooring/gitsource/fault"
)

// The types of a ref's value (reftable, "ref record").
const (
	valueDeletion = iota
	valueID
	valueIDAndPeeled
	valueSymbolic
)

// value is what a table says of a ref: an id, or the name of another ref. A deletion has neither.
type value struct {
	id     []byte
	target string
}

// record is a record of a block. Its slices are valid until the next record of the block is read.
type record struct {
	// name is the name of a ref; in an index, the last name of the block at position.
	name     []byte
	value    value
	position int64
}

// records reads the records of a block one after another.
type records struct {
	rest   []byte
	idSize int
	// isIndex tells that the records are those of an index.
	isIndex bool
	current record
	isFirst bool
}

// next reads the next record into current. ok is false at the end of the block. Names must ascend, else a search would
// miss some.
func (r *records) next() (ok bool, err error) {
	if len(r.rest) == 0 {
		return false, nil
	}
	in := input{data: r.rest}
	prefix := in.varint()
	length := in.varint()
	suffix := in.bytes(length >> 3)
	name := r.current.name
	if in.failed || prefix > uint64(len(name)) || r.isFirst && prefix != 0 {
		return false, errDamaged()
	}
	if !r.isFirst && bytes.Compare(suffix, name[prefix:]) <= 0 {
		return false, errDamaged()
	}
	r.isFirst = false
	r.current = record{name: append(name[:prefix], suffix...)}
	if kind := length & 7; r.isIndex {
		r.current.position = int64(in.varint())
	} else if r.current.value, ok = in.value(kind, r.idSize); !ok {
		return false, fault.Malformed("a reftable has a value of the unknown type %d", kind)
	}
	if in.failed {
		return false, errDamaged()
	}
	r.rest = in.data
	return true, nil
}

// input is what is still to be read of a block. failed is set when the block ends too early.
type input struct {
	data   []byte
	failed bool
}

// value reads what follows the name of a ref. known is false if the type is reserved. The peeled id of a tag is passed
// over: the tag itself tells what it leads to, and is checked against its id.
func (in *input) value(kind uint64, idSize int) (v value, known bool) {
	in.varint() // the update that the value is of
	switch kind {
	case valueDeletion:
	case valueID:
		v.id = in.bytes(uint64(idSize))
	case valueIDAndPeeled:
		v.id = in.bytes(uint64(idSize))
		in.bytes(uint64(idSize))
	case valueSymbolic:
		v.target = string(in.bytes(in.varint()))
		in.failed = in.failed || v.target == ""
	default:
		return value{}, false
	}
	return v, true
}

// varint reads a number as packs encode distances (reftable, "Varint encoding"). It does not take more than 63 bits.
func (in *input) varint() uint64 {
	var number uint64
	for i, b := range in.data {
		number = number<<7 | uint64(b&0x7f)
		if b&0x80 == 0 {
			in.data = in.data[i+1:]
			return number
		}
		if number++; number >= 1<<56 {
			break
		}
	}
	in.failed, in.data = true, nil
	return 0
}

// bytes reads a number of bytes.
func (in *input) bytes(count uint64) []byte {
	if count > uint64(len(in.data)) {
		in.failed, in.data = true, nil
		return nil
	}
	read := in.data[:count:count]
	in.data = in.data[count:]
	return read
}

// uint24 reads a number of three bytes.
func uint24(data []byte) int {
	return int(data[0])<<16 | int(binary.BigEndian.Uint16(data[1:]))
}

func errDamaged() error { return fault.Malformed("a reftable of the repository is damaged") }

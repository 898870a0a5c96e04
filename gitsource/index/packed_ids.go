package index

import (
	"encoding/binary"

	"mooring/gitsource/object"
)

// composeFile is a tree entry with the name of a compose file.
type composeFile struct {
	// rank is the number of its name in Rules.ComposeFiles.
	rank uint16
	mode object.Mode
	id   object.ID
}

// packedIDs are the id of a directory and its compose files in few bytes: an object.ID has room for the longest id, and
// an Index keeps very many of them. The first byte is the format of all ids. Then comes the directory's own id, and
// then the files, the best name first, each with rank, mode and id. The zero value has no id and no files.
type packedIDs string

// fileHead is the size of a file's rank and mode.
const fileHead = 2 + 1

// packIDs packs an id and files. buffer is used for that.
func packIDs(id object.ID, files []composeFile, buffer *[]byte) packedIDs {
	size := id.Format().Size()
	raw := append((*buffer)[:0], byte(id.Format()))
	raw = append(raw, id[:size]...)
	for _, file := range files {
		raw = append(binary.BigEndian.AppendUint16(raw, file.rank), byte(file.mode))
		raw = append(raw, file.id[:size]...)
	}
	*buffer = raw
	return packedIDs(raw)
}

// size is the length of an id in bytes.
func (p packedIDs) size() int { return object.Format(p[0]).Size() }

// own is the directory's id.
func (p packedIDs) own() object.ID { return p.at(1) }

// files is the number of compose files.
func (p packedIDs) files() int {
	if p == "" {
		return 0
	}
	return (len(p) - 1 - p.size()) / (fileHead + p.size())
}

// file is the compose file with a number.
func (p packedIDs) file(number int) composeFile {
	head := 1 + p.size() + number*(fileHead+p.size())
	return composeFile{
		rank: uint16(p[head])<<8 | uint16(p[head+1]), mode: object.Mode(p[head+2]), id: p.at(head + fileHead),
	}
}

// at is the id that begins at an offset.
func (p packedIDs) at(offset int) (id object.ID) {
	copy(id[:], p[offset:offset+p.size()])
	return id
}

package object

import "encoding/hex"

// ID names an object by the hash of its header and content, in either Format. It is comparable, so it can be the key of
// a map. The zero value names no object.
//
// A SHA-1 is followed by twelve zeros. That tells the formats apart: to make an object whose SHA-256 ends in twelve
// zeros takes some 2^96 attempts. An array of one size for both is compared, hashed and copied without a branch or an
// allocation; an Index, which keeps very many ids, keeps their bytes instead.
type ID [maxSize]byte

// maxSize is the size in bytes of the longest id.
const maxSize = 32

// ParseID reads a whole id in either format: 40 or 64 hex digits in either case. It returns false for any other text.
func ParseID(text string) (ID, bool) {
	for format := SHA1; format <= SHA256; format++ {
		if id, ok := format.ParseID(text); ok {
			return id, true
		}
	}
	return ID{}, false
}

// Format is the format of the id. The zero ID counts as a SHA-1.
func (id ID) Format() Format {
	if [maxSize - sizeOfSHA1]byte(id[sizeOfSHA1:]) == [maxSize - sizeOfSHA1]byte{} {
		return SHA1
	}
	return SHA256
}

// IsZero tells whether the id names no object.
func (id ID) IsZero() bool { return id == ID{} }

// String writes the id as 40 or 64 hex digits in lower case.
func (id ID) String() string { return string(id.Append(make([]byte, 0, 2*maxSize))) }

// Append appends the digits of String to a slice.
func (id ID) Append(to []byte) []byte { return hex.AppendEncode(to, id[:id.Format().Size()]) }

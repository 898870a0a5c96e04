package object

import "encoding/hex"

// IDSize is the length of an object's id in bytes, which is that of a SHA-1.
const IDSize = 20

// ID names an object by the SHA-1 of its header and content. The zero value names no object.
type ID [IDSize]byte

// ParseID reads a whole id: 40 hex digits in either case. It returns false for any other text.
func ParseID(text string) (ID, bool) {
	var id ID
	if len(text) != hex.EncodedLen(IDSize) {
		return ID{}, false
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, false
	}
	return id, true
}

// IsZero tells whether the id names no object.
func (id ID) IsZero() bool { return id == ID{} }

// String writes the id as 40 hex digits in lower case.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Raw returns the bytes of the id.
func (id ID) Raw() string { return string(id[:]) }

package object

import (
	"encoding/hex"
)

// IDSize is the size of an object's id in bytes: SHA-1.
const IDSize = 20

// ID names an object by the SHA-1 of what it holds. The zero value names none.
type ID [IDSize]byte

// ParseID reads an id in full, as 40 hex digits in either case; false for any other text.
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

// IsZero tells whether it names no object.
func (id ID) IsZero() bool { return id == ID{} }

// String writes the id as 40 hex digits in lower case.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

package gitsource

import "encoding/hex"

// idSize is the size of an object's id in bytes: SHA-1.
const idSize = 20

// objectID names an object by the SHA-1 of what it holds. The zero value names none.
type objectID [idSize]byte

// parseID reads an id in full, as 40 hex digits in either case; false for any other text.
func parseID(text string) (objectID, bool) {
	var id objectID
	if len(text) != hex.EncodedLen(idSize) {
		return objectID{}, false
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return objectID{}, false
	}
	return id, true
}

// IsZero tells whether it names no object.
func (id objectID) IsZero() bool { return id == objectID{} }

// String writes the id as 40 hex digits in lower case.
func (id objectID) String() string { return hex.EncodeToString(id[:]) }

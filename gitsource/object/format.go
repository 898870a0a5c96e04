package object

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
)

// Format is the hash that all objects of a repository are named by (git-config, "extensions.objectFormat";
// hash-function-transition). The zero value is SHA1, which a repository has that names no format.
type Format uint8

const (
	// SHA1 has ids of 20 bytes, which are 40 hex digits.
	SHA1 Format = iota
	// SHA256 has ids of 32 bytes, which are 64 hex digits.
	SHA256
)

const sizeOfSHA1 = 20

// ParseFormat reads the name of a format, as String writes it, in upper or lower case. It returns false for any other
// text.
func ParseFormat(name string) (Format, bool) {
	for format := SHA1; format <= SHA256; format++ {
		if strings.EqualFold(name, format.String()) {
			return format, true
		}
	}
	return 0, false
}

// String is the name of the format in Git's protocol and configuration.
func (f Format) String() string {
	if f == SHA256 {
		return "sha256"
	}
	return "sha1"
}

// Size is the length of an id in bytes.
func (f Format) Size() int {
	if f == SHA256 {
		return sha256.Size
	}
	return sizeOfSHA1
}

// Digits is the length of an id in hex digits.
func (f Format) Digits() int { return 2 * f.Size() }

// ParseID reads a whole id of this format, in hex digits in either case. It returns false for any other text.
func (f Format) ParseID(text string) (ID, bool) {
	var id ID
	if len(text) != f.Digits() {
		return ID{}, false
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, false
	}
	return id, id.Format() == f || id.IsZero()
}

// ID makes an id of its bytes, of which there must be Size.
func (f Format) ID(raw []byte) (id ID) {
	copy(id[:], raw[:f.Size()])
	return id
}

// NewSum returns the hash that a pack and its index end with (gitformat-pack). It is not the id of an object, so a
// crafted collision does no harm.
func (f Format) NewSum() hash.Hash {
	if f == SHA256 {
		return sha256.New()
	}
	return sha1.New()
}

// Package hashing defines the hash of a compose file, which tells whether two contents are the same.
//
// Format: the seven characters "sha256:" and then the SHA-256 digest (FIPS 180-4) of the file's raw bytes as Git
// stores them, in 64 lower-case hexadecimal digits. Nothing is normalised: line ends, a byte order mark and trailing
// white space all count. So this command prints the digest of a file at a revision:
//
//	git show REV:PATH/docker-compose.yml | sha256sum
//
// The prefix names the algorithm, so that a later version can add another one. Valid accepts only this one.
package hashing

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	prefix = "sha256:"
	length = len(prefix) + 2*sha256.Size
)

// Of returns the hash of a compose file with this content.
func Of(content []byte) string {
	sum := sha256.Sum256(content)
	hash := make([]byte, length)
	copy(hash, prefix)
	hex.Encode(hash[len(prefix):], sum[:])
	return string(hash)
}

// Valid tells whether s has the format of Of. The API refuses a hash in another spelling, because it would never be
// equal to one of Of.
func Valid(s string) bool {
	digits, found := strings.CutPrefix(s, prefix)
	return found && len(s) == length && strings.Trim(digits, "0123456789abcdef") == ""
}

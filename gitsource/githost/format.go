package githost

import (
	"testing"

	"mooring/gitsource/object"
)

// Formats are the formats in which a repository may name its objects.
func Formats() []object.Format { return []object.Format{object.SHA1, object.SHA256} }

// EachFormat runs a test for repositories of each format.
func EachFormat(t *testing.T, test func(*testing.T, object.Format)) {
	t.Helper()
	for _, format := range Formats() {
		t.Run(format.String(), func(t *testing.T) { test(t, format) })
	}
}

// SomeIDOf is an id of a format. No repository has it.
func SomeIDOf(format object.Format) string { return (SomeID + SomeID)[:format.Digits()] }

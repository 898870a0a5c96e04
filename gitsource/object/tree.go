package object

import (
	"bytes"
	"iter"

	"mooring/gitsource/fault"
)

// Mode is the kind of a tree entry.
type Mode uint8

const (
	// ModeOther is a submodule, or a mode that Git treats as one.
	ModeOther Mode = iota
	// ModeFile is a regular file, executable or not.
	ModeFile
	// ModeLink is a symbolic link.
	ModeLink
	// ModeDirectory is another tree.
	ModeDirectory
)

// Entry is one entry of a tree object.
type Entry struct {
	// Mode is the kind of the entry.
	Mode Mode
	// Executable tells whether a regular file is a program.
	Executable bool
	// Name is a file name without "/". It shares the bytes of the tree.
	Name []byte
	// ID names the blob, the tree or the submodule's commit.
	ID ID
}

// Entries iterates over the entries of a tree object in the order in which they are stored. Each is the mode in octal,
// a space, the name, a NUL and the bytes of the id (git-mktree, gitformat-pack). An error is a fault.CommitError, and
// nothing comes after it. Names that would make a path ambiguous are an error, as they are for git-checkout.
func (f Format) Entries(tree []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for len(tree) > 0 {
			entry, rest, err := f.cutEntry(tree)
			if !yield(entry, err) || err != nil {
				return
			}
			tree = rest
		}
	}
}

func (f Format) cutEntry(tree []byte) (entry Entry, rest []byte, err error) {
	space := bytes.IndexByte(tree[:min(len(tree), maxModeDigits+1)], ' ')
	if space < 1 {
		return Entry{}, nil, fault.Unservable("a tree has an entry without a mode")
	}
	mode, executable, ok := parseMode(tree[:space])
	if !ok {
		return Entry{}, nil, fault.Unservable("a tree has an entry with a mode that is no octal number")
	}
	tree = tree[space+1:]
	end := bytes.IndexByte(tree, 0)
	if end < 0 || len(tree)-end-1 < f.Size() {
		return Entry{}, nil, fault.Unservable("a tree ends in the middle of an entry")
	}
	name := tree[:end]
	if ambiguousName(name) {
		return Entry{}, nil, fault.Unservable("a tree has an entry whose name Git does not allow")
	}
	rest = tree[end+1:]
	return Entry{Mode: mode, Executable: executable, Name: name, ID: f.ID(rest)}, rest[f.Size():], nil
}

// maxModeDigits is the length of the longest mode, with the leading zero that some old tools wrote.
const maxModeDigits = 7

func parseMode(digits []byte) (mode Mode, executable, ok bool) {
	number := 0
	for _, digit := range digits {
		if digit < '0' || digit > '7' {
			return ModeOther, false, false
		}
		number = number<<3 | int(digit-'0')
	}
	const formatBits, regular, link, directory, owner = 0o170000, 0o100000, 0o120000, 0o040000, 0o100
	switch number & formatBits {
	case regular:
		return ModeFile, number&owner != 0, true
	case link:
		return ModeLink, false, true
	case directory:
		return ModeDirectory, false, true
	}
	return ModeOther, false, true
}

func ambiguousName(name []byte) bool {
	switch string(name) {
	case "", ".", "..":
		return true
	}
	return bytes.IndexByte(name, '/') >= 0
}

// FindEntry looks a name up in a tree. The error is a fault.CommitError.
func (f Format) FindEntry(tree []byte, name string) (entry Entry, found bool, err error) {
	for entry, err := range f.Entries(tree) {
		if err != nil {
			return Entry{}, false, err
		}
		if string(entry.Name) == name {
			return entry, true, nil
		}
	}
	return Entry{}, false, nil
}

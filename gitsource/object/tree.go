package object

import (
	"bytes"
	"iter"

	"mooring/gitsource/fault"
)

// Mode says what a tree entry names.
type Mode uint8

const (
	// ModeOther is a submodule, or a mode that Git treats as one.
	ModeOther Mode = iota
	ModeFile
	ModeLink
	ModeDirectory
)

// Entry is one entry of a tree object.
type Entry struct {
	Mode Mode
	// Name shares the bytes of the tree.
	Name []byte
	ID   ID
}

// Entries goes through the entries of a tree object, in the order they are stored in: mode in octal, a space, the
// name, a NUL, the 20 bytes of the id (git-mktree, gitformat-pack). The error, a fault.CommitError, comes last. Names that
// would make a path ambiguous are an error, as they are for git-checkout.
func Entries(tree []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for len(tree) > 0 {
			entry, rest, err := cutEntry(tree)
			if !yield(entry, err) || err != nil {
				return
			}
			tree = rest
		}
	}
}

func cutEntry(tree []byte) (entry Entry, rest []byte, err error) {
	space := bytes.IndexByte(tree[:min(len(tree), maxModeDigits+1)], ' ')
	if space < 1 {
		return Entry{}, nil, fault.Unservable("a tree has an entry without a mode")
	}
	kind, ok := parseMode(tree[:space])
	if !ok {
		return Entry{}, nil, fault.Unservable("a tree has an entry with a mode that is no octal number")
	}
	tree = tree[space+1:]
	end := bytes.IndexByte(tree, 0)
	if end < 0 || len(tree)-end-1 < len(ID{}) {
		return Entry{}, nil, fault.Unservable("a tree ends in the middle of an entry")
	}
	name := tree[:end]
	if ambiguousName(name) {
		return Entry{}, nil, fault.Unservable("a tree has an entry whose name Git does not allow")
	}
	id, rest := ID(tree[end+1:end+21]), tree[end+21:]
	return Entry{Mode: kind, Name: name, ID: id}, rest, nil
}

// maxModeDigits is how long a mode is, with the leading zero that some old tools wrote.
const maxModeDigits = 7

func parseMode(digits []byte) (kind Mode, ok bool) {
	mode := 0
	for _, digit := range digits {
		if digit < '0' || digit > '7' {
			return ModeOther, false
		}
		mode = mode<<3 | int(digit-'0')
	}
	const formatBits, regular, link, directory = 0o170000, 0o100000, 0o120000, 0o040000
	switch mode & formatBits {
	case regular:
		return ModeFile, true
	case link:
		return ModeLink, true
	case directory:
		return ModeDirectory, true
	}
	return ModeOther, true
}

func ambiguousName(name []byte) bool {
	switch string(name) {
	case "", ".", "..":
		return true
	}
	return bytes.IndexByte(name, '/') >= 0
}

// FindEntry looks a name up in a tree.
func FindEntry(tree []byte, name string) (entry Entry, found bool, err error) {
	for entry, err := range Entries(tree) {
		if err != nil {
			return Entry{}, false, err
		}
		if string(entry.Name) == name {
			return entry, true, nil
		}
	}
	return Entry{}, false, nil
}

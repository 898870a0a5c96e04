package gitsource

import (
	"bytes"
	"iter"
)

// entryKind says what a tree entry names.
type entryKind uint8

const (
	// otherEntry is a submodule, or a mode that Git treats as one.
	otherEntry entryKind = iota
	fileEntry
	linkEntry
	directoryEntry
)

// treeEntry is one entry of a tree object.
type treeEntry struct {
	kind entryKind
	// name shares the bytes of the tree.
	name []byte
	id   objectID
}

// treeEntries goes through the entries of a tree object, in the order they are stored in: mode in octal, a space, the
// name, a NUL, the 20 bytes of the id (git-mktree, gitformat-pack). The error, a commitError, comes last. Names that
// would make a path ambiguous are an error, as they are for git-checkout.
func treeEntries(tree []byte) iter.Seq2[treeEntry, error] {
	return func(yield func(treeEntry, error) bool) {
		for len(tree) > 0 {
			entry, rest, err := cutTreeEntry(tree)
			if !yield(entry, err) || err != nil {
				return
			}
			tree = rest
		}
	}
}

func cutTreeEntry(tree []byte) (entry treeEntry, rest []byte, err error) {
	space := bytes.IndexByte(tree[:min(len(tree), maxModeDigits+1)], ' ')
	if space < 1 {
		return treeEntry{}, nil, unservable("a tree has an entry without a mode")
	}
	kind, ok := parseMode(tree[:space])
	if !ok {
		return treeEntry{}, nil, unservable("a tree has an entry with a mode that is no octal number")
	}
	tree = tree[space+1:]
	end := bytes.IndexByte(tree, 0)
	if end < 0 || len(tree)-end-1 < len(objectID{}) {
		return treeEntry{}, nil, unservable("a tree ends in the middle of an entry")
	}
	name := tree[:end]
	if ambiguousName(name) {
		return treeEntry{}, nil, unservable("a tree has an entry whose name Git does not allow")
	}
	id, rest := objectID(tree[end+1:end+21]), tree[end+21:]
	return treeEntry{kind: kind, name: name, id: id}, rest, nil
}

// maxModeDigits is how long a mode is, with the leading zero that some old tools wrote.
const maxModeDigits = 7

func parseMode(digits []byte) (kind entryKind, ok bool) {
	mode := 0
	for _, digit := range digits {
		if digit < '0' || digit > '7' {
			return otherEntry, false
		}
		mode = mode<<3 | int(digit-'0')
	}
	const formatBits, regular, link, directory = 0o170000, 0o100000, 0o120000, 0o040000
	switch mode & formatBits {
	case regular:
		return fileEntry, true
	case link:
		return linkEntry, true
	case directory:
		return directoryEntry, true
	}
	return otherEntry, true
}

func ambiguousName(name []byte) bool {
	switch string(name) {
	case "", ".", "..":
		return true
	}
	return bytes.IndexByte(name, '/') >= 0
}

// findEntry looks a name up in a tree.
func findEntry(tree []byte, name string) (entry treeEntry, found bool, err error) {
	for entry, err := range treeEntries(tree) {
		if err != nil {
			return treeEntry{}, false, err
		}
		if string(entry.name) == name {
			return entry, true, nil
		}
	}
	return treeEntry{}, false, nil
}

// commitTree reads the id of a commit's tree (git-commit-tree).
func commitTree(commit []byte) (objectID, error) {
	return firstID(commit, "tree ", "a commit")
}

// tagTarget reads the id of what an annotated tag names (git-mktag).
func tagTarget(tag []byte) (objectID, error) {
	return firstID(tag, "object ", "an annotated tag")
}

// firstID reads the id that an object's first line holds after a label.
func firstID(object []byte, label, what string) (objectID, error) {
	line, _, _ := bytes.Cut(object, []byte("\n"))
	digits, found := bytes.CutPrefix(line, []byte(label))
	id, isID := parseID(string(digits))
	if !found || !isID {
		return objectID{}, malformed("%s does not begin with %q and an id", what, label)
	}
	return id, nil
}

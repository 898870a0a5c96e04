package gitsource

// objectKind is the type of an object, by the number that packs have for it (gitformat-pack, "Object types").
type objectKind uint8

const (
	// kindCommit is a commit: its tree, its parents, who made it and why.
	kindCommit objectKind = 1 + iota
	// kindTree is a directory.
	kindTree
	// kindBlob is the content of a file, or the target of a symbolic link.
	kindBlob
	// kindTag is an annotated tag, which names another object.
	kindTag
)

// parseKind reads the name of a type, as String writes it; false for any other text.
func parseKind(name string) (objectKind, bool) {
	for kind := kindCommit; kind <= kindTag; kind++ {
		if kind.String() == name {
			return kind, true
		}
	}
	return 0, false
}

// String is the name that stands in front of an object's content when its id is computed.
func (k objectKind) String() string {
	switch k {
	case kindCommit:
		return "commit"
	case kindTree:
		return "tree"
	case kindBlob:
		return "blob"
	case kindTag:
		return "tag"
	}
	return "unknown"
}

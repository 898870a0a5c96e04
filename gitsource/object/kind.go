package object

// Kind is the type of an object. The numbers are those in packs (gitformat-pack, "Object types").
type Kind uint8

const (
	// Commit is a commit: its tree, its parents, its author and its message.
	Commit Kind = 1 + iota
	// Tree is a directory.
	Tree
	// Blob is the content of a file, or the target of a symbolic link.
	Blob
	// Tag is an annotated tag, which names another object.
	Tag
)

// ParseKind reads the name of a type, as String writes it. It returns false for any other text.
func ParseKind(name string) (Kind, bool) {
	for kind := Commit; kind <= Tag; kind++ {
		if kind.String() == name {
			return kind, true
		}
	}
	return 0, false
}

// String is the type's name, as in loose objects and in the header that an id is computed from.
func (k Kind) String() string {
	switch k {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	}
	return "unknown"
}

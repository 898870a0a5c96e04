package index

import "mooring/gitsource/object"

// Index is what one Build leaves for the next: the compose files of each tree, and their hashes. It keeps no content of
// files. It is immutable; two indexes share the directories that are the same in both.
type Index struct {
	// trail are the ids of the trees from the repository's root to the deploy directory, both included.
	trail []object.ID
	// top is the deploy directory.
	top *directory
	// blobs is what is known about the blobs of odd directories, and about the blobs that their links lead to.
	blobs map[object.ID]Blob
	// trees are the bytes of the trees in which symbolic links were followed. The next Build follows the links again.
	trees map[object.ID][]byte
}

const (
	// MaxComposeFile is the size in bytes of the largest compose file that is served. Larger ones are skipped.
	MaxComposeFile = 16 << 20
	// MaxLinkText is the length in bytes of the longest target of a symbolic link: PATH_MAX of Linux.
	MaxLinkText = 4096
	// maxDepth is how deep directories may be nested. No file system can hold a deeper checkout.
	maxDepth = 1024
	// maxComposeFiles is how many compose files a repository may have. A few bytes of nested trees can name any number.
	maxComposeFiles = 1_000_000
)

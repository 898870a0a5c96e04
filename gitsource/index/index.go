package index

import "mooring/gitsource/object"

// Index is what one Fetch knows and the next one need not ask for: which trees hold which compose files, and their
// hashes. It is immutable once the Fetch that made it has returned; two indexes share the directories that are the same
// in both. It holds no content.
type Index struct {
	// trail are the ids of the trees from the repository's root to the deploy directory, both included.
	trail []object.ID
	// top is the deploy directory.
	top *directory
	// blobs are those that odd directories refer to, beyond what a directory itself holds.
	blobs map[object.ID]Blob
	// trees are the raw ones in which symbolic links were followed: the next Fetch follows them again.
	trees map[object.ID][]byte
}

const (
	// MaxComposeFile is the largest compose file that is served (contract, rule 4.6).
	MaxComposeFile = 16 << 20
	// MaxLinkText is the longest target of a symbolic link that is followed: PATH_MAX of Linux.
	MaxLinkText = 4096
	// maxDepth is how deep directories may be nested; no file system lets a checkout go deeper.
	maxDepth = 1024
	// maxComposeFiles bounds the compose files of a repository. Trees can be nested so that few bytes name any number.
	maxComposeFiles = 1_000_000
)

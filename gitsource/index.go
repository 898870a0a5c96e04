package gitsource

import (
	"cmp"
	"math"
	"slices"
)

// index is what one Fetch knows and the next one need not ask for: which trees hold which compose files, and their
// hashes. It is immutable once the Fetch that made it has returned; two indexes share the directories that are the same
// in both. It holds no content.
type index struct {
	// trail are the ids of the trees from the repository's root to the deploy directory, both included.
	trail []objectID
	// top is the deploy directory.
	top *directory
	// blobs are those that odd directories refer to, beyond what a directory itself holds.
	blobs map[objectID]blob
	// trees are the raw ones in which symbolic links were followed: the next Fetch follows them again.
	trees map[objectID][]byte
}

// directory is one tree, reduced to what makes stacks. Directories with the same tree are the same for ever, wherever
// they stand.
type directory struct {
	id objectID
	// odd: here or beneath is something that takes more than "one regular compose file is the stack". Odd directories
	// are looked at again at every change, for what their links lead to may stand anywhere.
	odd bool
	// large: the one regular compose file is beyond maxComposeFile.
	large bool
	// weight is the number of entries named like a compose file, here and beneath.
	weight int32
	// files are the entries that are named like a compose file, the best name first.
	files []composeFile
	// hash of the one regular compose file; empty while unknown, when large, and where files are more or odd.
	hash string
	// directories are sorted by name, bytewise.
	directories []subdirectory
}

// composeFile is a tree entry that is named like a compose file.
type composeFile struct {
	// rank is the place of its name in the settings.
	rank uint16
	kind entryKind
	id   objectID
}

// subdirectory is a directory under the name that its parent gives it.
type subdirectory struct {
	name string
	*directory
}

// blob is what is known of a blob. A compose file has a hash unless it is too large, a symbolic link has a text.
type blob struct {
	hash string
	// large: beyond maxComposeFile, so there is no hash.
	large bool
	// text is the target of a symbolic link; empty when it is longer than any target can be.
	text string
	// isText tells that text was read.
	isText bool
}

// isJudged tells whether it is known what the blob is worth as a compose file. The same bytes may be a link's text.
func (b blob) isJudged() bool { return b.hash != "" || b.large }

const (
	// maxComposeFile is the largest compose file that is served (contract, rule 4.6).
	maxComposeFile = 16 << 20
	// maxLinkText is the longest target of a symbolic link that is followed: PATH_MAX of Linux.
	maxLinkText = 4096
	// maxDepth is how deep directories may be nested; no file system lets a checkout go deeper.
	maxDepth = 1024
	// maxComposeFiles bounds the compose files of a repository. Trees can be nested so that few bytes name any number.
	maxComposeFiles = 1_000_000
)

// isPlain tells whether the directory holds one regular compose file and no other entry named like one.
func (d *directory) isPlain() bool { return len(d.files) == 1 && d.files[0].kind == fileEntry }

// isUnjudged tells whether the directory is plain and its compose file is not known.
func (d *directory) isUnjudged() bool { return d.isPlain() && d.hash == "" && !d.large }

// child returns the directory of that name, or nil.
func (d *directory) child(name string) *directory {
	if d == nil {
		return nil
	}
	at, found := slices.BinarySearchFunc(d.directories, name, func(s subdirectory, name string) int {
		return cmp.Compare(s.name, name)
	})
	if !found {
		return nil
	}
	return d.directories[at].directory
}

// summarize sets odd and weight from the directory itself and the ones in it.
func (d *directory) summarize() {
	weight := int64(len(d.files))
	d.odd = len(d.files) > 0 && !d.isPlain() || d.large
	for _, child := range d.directories {
		weight += int64(child.weight)
		d.odd = d.odd || child.odd || child.weight > 0 && !isShowable(child.name)
	}
	d.weight = int32(min(weight, math.MaxInt32))
}

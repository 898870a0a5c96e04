package index

import (
	"cmp"
	"math"
	"slices"

	"mooring/actors"
	"mooring/gitsource/object"
)

// directory is one tree, reduced to the parts that make stacks. The same tree at another path is the same directory. It
// is immutable when the Build that made it has returned.
type directory struct {
	// ids are its own id and the entries with the name of a compose file.
	ids packedIDs
	// odd tells that this directory, or one below it, has compose files and is not plain, or cannot be shown. Each
	// build looks at odd directories anew, because their symbolic links may lead anywhere.
	odd bool
	// large tells that the one regular compose file is larger than MaxComposeFile.
	large bool
	// hasOther tells that there is a file with the name of a compose file that the settings do not name.
	hasOther bool
	// weight is the number of entries with the name of a compose file, here and in all directories below.
	weight int32
	// others is the number of directories with such a file, this one and all below.
	others int32
	// hash is that of the one regular compose file. It is empty until it is known, and if there is no such file or the
	// file is large.
	hash string
	// directories are sorted by name, bytewise.
	directories []subdirectory
}

// subdirectory is a directory and the name that it has in another one.
type subdirectory struct {
	name string
	*directory
}

// isPlain tells whether the directory has one regular compose file and no other entry with the name of one.
func (d *directory) isPlain() bool {
	return d.ids.files() == 1 && d.ids.file(0).mode == object.ModeFile
}

// isUnjudged tells whether the directory is plain and its compose file has not been read yet.
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

// summarize sets odd, weight and others from the directory itself and the ones in it.
func (d *directory) summarize() {
	weight, others := int64(d.ids.files()), int64(0)
	if d.hasOther {
		others = 1
	}
	d.odd = weight > 0 && !d.isPlain() || d.large
	for _, child := range d.directories {
		weight += int64(child.weight)
		others += int64(child.others)
		d.odd = d.odd || child.odd || child.weight > 0 && !isShowable(child.name)
	}
	d.weight, d.others = int32(min(weight, math.MaxInt32)), int32(min(others, math.MaxInt32))
}

// tree is the id of the directory, for a stack. It shares the memory of the packed ids.
func (d *directory) tree() actors.Tree { return actors.Tree(d.ids[1 : 1+d.ids.size()]) }

// isBarren tells whether there is no compose file in the directory or below it.
func (d *directory) isBarren() bool { return d == nil || d.weight == 0 }

package index

import (
	"cmp"
	"math"
	"slices"

	"mooring/gitsource/object"
)

// directory is one tree, reduced to what makes stacks. Directories with the same tree are the same for ever, wherever
// they stand.
type directory struct {
	id object.ID
	// odd: here or beneath is something that takes more than "one regular compose file is the stack". Odd directories
	// are looked at again at every change, for what their links lead to may stand anywhere.
	odd bool
	// large: the one regular compose file is beyond MaxComposeFile.
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
	mode object.Mode
	id   object.ID
}

// subdirectory is a directory under the name that its parent gives it.
type subdirectory struct {
	name string
	*directory
}

// isPlain tells whether the directory holds one regular compose file and no other entry named like one.
func (d *directory) isPlain() bool { return len(d.files) == 1 && d.files[0].mode == object.ModeFile }

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

// isBarren tells whether a directory has no compose files, here and beneath.
func (d *directory) isBarren() bool { return d == nil || d.weight == 0 }

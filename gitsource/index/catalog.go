package index

import "mooring/gitsource/object"

// catalog finds the directories and hashes of an index by their ids, wherever they stand. It is made when a tree or a
// compose file was moved or copied to a place where something else stood before: a Git host does not send again what
// the commit before had somewhere.
type catalog struct {
	directories map[object.ID]*directory
	blobs       map[object.ID]Blob
}

// catalog returns that of the old index.
func (b *builder) catalog() *catalog {
	if b.moved != nil {
		return b.moved
	}
	b.moved = &catalog{directories: map[object.ID]*directory{}, blobs: map[object.ID]Blob{}}
	if b.old != nil {
		b.moved.add(b.old.top)
	}
	return b.moved
}

func (c *catalog) add(d *directory) {
	if _, seen := c.directories[d.id]; seen {
		return
	}
	c.directories[d.id] = d
	if d.isPlain() && (d.hash != "" || d.large) {
		c.blobs[d.files[0].id] = Blob{Hash: d.hash, Large: d.large}
	}
	for _, child := range d.directories {
		c.add(child.directory)
	}
}

// blob returns what is known of a blob: from what was sent now, from what odd directories needed before, from any place
// of the old index.
func (b *builder) blob(id object.ID) (Blob, bool) {
	if found, ok := b.objects.Blob(id); ok {
		return found, true
	}
	if b.old == nil {
		return Blob{}, false
	}
	if found, ok := b.old.blobs[id]; ok {
		return found, true
	}
	if b.objects.AreAtHand() {
		return Blob{}, false
	}
	found, ok := b.catalog().blobs[id]
	return found, ok
}

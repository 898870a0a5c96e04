package index

import "mooring/gitsource/object"

// catalog finds the directories and hashes of an Index by their ids, at any path. It is needed when a tree or a compose
// file was moved or copied: a Git host does not send an object again that an earlier commit had at another path.
type catalog struct {
	directories map[object.ID]*directory
	blobs       map[object.ID]Blob
}

// catalog returns the catalog of the old Index.
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
	id := d.ids.own()
	if _, seen := c.directories[id]; seen {
		return
	}
	c.directories[id] = d
	if d.isPlain() && (d.hash != "" || d.large) {
		c.blobs[d.ids.file(0).id] = Blob{Hash: d.hash, Large: d.large}
	}
	for _, child := range d.directories {
		c.add(child.directory)
	}
}

// blob returns what is known about a blob, from the objects of this commit or from the old Index.
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
	if b.objects.AreLocal() {
		return Blob{}, false
	}
	found, ok := b.catalog().blobs[id]
	return found, ok
}

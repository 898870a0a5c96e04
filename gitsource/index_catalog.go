package gitsource

// catalog finds the directories and hashes of an index by their ids, wherever they stand. It is made when a tree or a
// compose file was moved or copied to a place where something else stood before: a Git host does not send again what
// the commit before had somewhere.
type catalog struct {
	directories map[objectID]*directory
	blobs       map[objectID]blob
}

// catalog returns that of the old index.
func (b *builder) catalog() *catalog {
	if b.known != nil {
		return b.known
	}
	b.known = &catalog{directories: map[objectID]*directory{}, blobs: map[objectID]blob{}}
	if b.old != nil {
		b.known.add(b.old.top)
	}
	return b.known
}

func (c *catalog) add(d *directory) {
	if _, seen := c.directories[d.id]; seen {
		return
	}
	c.directories[d.id] = d
	if d.isPlain() && (d.hash != "" || d.large) {
		c.blobs[d.files[0].id] = blob{hash: d.hash, large: d.large}
	}
	for _, child := range d.directories {
		c.add(child.directory)
	}
}

// blob returns what is known of a blob: from what was sent now, from what odd directories needed before, from any place
// of the old index.
func (b *builder) blob(id objectID) (blob, bool) {
	if found, ok := b.objects.blob(id); ok {
		return found, true
	}
	if b.old == nil {
		return blob{}, false
	}
	if found, ok := b.old.blobs[id]; ok {
		return found, true
	}
	if b.objects.areAtHand() {
		return blob{}, false
	}
	found, ok := b.catalog().blobs[id]
	return found, ok
}

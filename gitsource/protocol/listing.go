package protocol

import (
	"slices"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// refListing is what is kept of a host's list of refs: only the refs that are looked for, however long the list is.
type refListing struct {
	// names are the full names to look for, the best first.
	names []string
	// found are the ids of those that the host has. Of an annotated tag it is the id that the tag leads to.
	found map[string]object.ID
	// tags are the ids of annotated tags, by the ids that they lead to. Only a host of version 0 lists both.
	tags map[object.ID]object.ID
	// any tells whether the host listed any ref.
	any bool
}

func newRefListing(names []string) refListing {
	return refListing{names: names, found: map[string]object.ID{}, tags: map[object.ID]object.ID{}}
}

// add takes one ref as the host names it. Text that is no id is an error, and 64 digits are an id of SHA-256.
func (l *refListing) add(id, name string) error {
	target, isID := object.ParseID(id)
	switch {
	case len(id) == 64:
		return fault.SHA256Repository()
	case !isID || name == "":
		return fault.Malformed("its list of refs is not as it should be")
	}
	l.any = true
	// A host of version 0 lists what an annotated tag leads to after the tag itself, as NAME^{}.
	name, peeled := strings.CutSuffix(name, "^{}")
	if !slices.Contains(l.names, name) {
		return nil
	}
	if tag, listed := l.found[name]; listed && peeled {
		l.tags[target] = tag
	}
	l.found[name] = target
	return nil
}

// listed is the id by which an object is asked for in version 0, where a host serves only what it has listed. The
// commit of an annotated tag is asked for by the tag, because maybe no branch ends at the commit.
func (l refListing) listed(id object.ID) object.ID {
	if tag, found := l.tags[id]; found {
		return tag
	}
	return id
}

// best is the id of the first name that was found.
func (l *refListing) best() (object.ID, bool) {
	for _, name := range l.names {
		if id, found := l.found[name]; found {
			return id, true
		}
	}
	return object.ID{}, false
}

package protocol

import (
	"slices"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// refListing is what is kept of a host's list of refs, however long that is: the refs that are looked for.
type refListing struct {
	// names are looked for, best first.
	names []string
	// found are the ids of those that the host has; annotated tags are peeled.
	found map[string]object.ID
	// tags are the annotated tags among them, by what they lead to, where the host lists both (version 0).
	tags map[object.ID]object.ID
	// any tells whether the host listed a ref at all.
	any bool
}

func newRefListing(names []string) refListing {
	return refListing{names: names, found: map[string]object.ID{}, tags: map[object.ID]object.ID{}}
}

// add takes one ref as the host names it. An id that is none is an error; one of 64 digits is SHA-256's.
func (l *refListing) add(id, name string) error {
	target, isID := object.ParseID(id)
	switch {
	case len(id) == 64:
		return fault.SHA256Repository()
	case !isID || name == "":
		return fault.Malformed("its list of refs is not as it should be")
	}
	l.any = true
	// Version 0 lists what an annotated tag leads to behind the tag, as NAME^{}.
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

// listed is the id by which a host of version 0 hands out an object: one that it has listed. The commit of an annotated
// tag, where no branch ends at it, is to be had by the tag alone.
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

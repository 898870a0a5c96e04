package protocol

import (
	"slices"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// refListing is the part of a host's list of refs that is kept: only the wanted refs, however long the list is.
type refListing struct {
	// names are the full names of the wanted refs, the best first.
	names []string
	// found are the ids of the wanted refs that the host has. For an annotated tag it is the id of the tagged object.
	found map[string]object.ID
	// tags are the ids of annotated tags, by the ids of their tagged objects. Only a host of version 0 lists both.
	tags map[object.ID]object.ID
	// any tells whether the host listed any ref.
	any bool
}

func newRefListing(names []string) refListing {
	return refListing{names: names, found: map[string]object.ID{}, tags: map[object.ID]object.ID{}}
}

// add takes one ref of the host's list. An invalid id is an error, and so is an id of SHA-256, which has 64 digits.
func (l *refListing) add(id, name string) error {
	target, isID := object.ParseID(id)
	switch {
	case len(id) == 64:
		return fault.SHA256Repository()
	case !isID || name == "":
		return fault.Malformed("its list of refs is malformed")
	}
	l.any = true
	// A host of version 0 lists the tagged object of an annotated tag after the tag itself, as NAME^{}.
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

// listed returns the id to ask for in version 0 to get an object. A host of version 0 serves only ids that it has
// listed. It may not list the commit of an annotated tag as a ref of its own, so the request names the tag.
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

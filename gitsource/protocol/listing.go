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
	// found are the wanted refs that the host has.
	found map[string]object.Tip
	// any tells whether the host listed any ref.
	any bool
}

func newRefListing(names []string) refListing {
	return refListing{names: names, found: map[string]object.Tip{}}
}

// add takes one ref of the host's list. peeled is the id of the object that an annotated tag leads to, if the host sent
// it with the tag, or empty. An invalid id is an error, and so is an id of SHA-256, which has 64 digits.
func (l *refListing) add(id, peeled, name string) error {
	named, isID := object.ParseID(id)
	commit := named
	if peeled != "" && isID {
		commit, isID = object.ParseID(peeled)
	}
	switch {
	case len(id) == 64:
		return fault.SHA256Repository()
	case !isID || name == "":
		return fault.Malformed("its list of refs is malformed")
	}
	l.any = true
	// A host of version 0 lists the tagged object of an annotated tag after the tag itself, as NAME^{}.
	name, isPeeled := strings.CutSuffix(name, "^{}")
	if !slices.Contains(l.names, name) {
		return nil
	}
	if tag, listed := l.found[name]; listed && isPeeled {
		named = tag.Named
	}
	l.found[name] = object.Tip{Named: named, Commit: commit}
	return nil
}

// listed returns the id to ask for in version 0 to get an object. A host of version 0 serves only ids that it has
// listed. It may not list the commit of an annotated tag as a ref of its own, so the request names the tag.
func (l refListing) listed(id object.ID) object.ID {
	for _, name := range l.names {
		if tip, found := l.found[name]; found && tip.Commit == id {
			return tip.Named
		}
	}
	return id
}

// best is what the first name that was found leads to.
func (l *refListing) best() (object.Tip, bool) {
	for _, name := range l.names {
		if tip, found := l.found[name]; found {
			return tip, true
		}
	}
	return object.Tip{}, false
}

package protocol

import (
	"slices"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
)

// refListing is the part of a host's list of refs that is kept: only the wanted refs, however long the list is.
type refListing struct {
	// ref has the full names of the wanted refs, the best first, or the wanted commit.
	ref location.Ref
	// format is that of the ids.
	format object.Format
	// found are the wanted refs that the host has.
	found map[string]object.Tip
	// pinned is a ref that leads to the wanted commit, if the host has listed one.
	pinned object.Tip
	// last and lastName are those of the line before. The line of the object behind a tag follows that of the tag.
	last     object.ID
	lastName string
	// any tells whether the host listed any ref.
	any bool
}

func newRefListing(ref location.Ref, format object.Format) refListing {
	return refListing{ref: ref, format: format, found: map[string]object.Tip{}}
}

// add takes one ref of the host's list. peeled is the id of the object that an annotated tag leads to, if the host sent
// it with the tag, or empty. An invalid id is an error, and so is an id of another format.
func (l *refListing) add(id, peeled, name string) error {
	named, isID := l.format.ParseID(id)
	commit := named
	if peeled != "" && isID {
		commit, isID = l.format.ParseID(peeled)
	}
	if !isID || name == "" {
		return fault.Malformed("its list of refs is malformed")
	}
	l.any = true
	// A host of version 0 lists the tagged object of an annotated tag after the tag itself, as NAME^{}.
	name, isPeeled := strings.CutSuffix(name, "^{}")
	tip := object.Tip{Named: named, Commit: commit}
	if isPeeled && name == l.lastName {
		tip.Named = l.last
	}
	l.last, l.lastName = named, name
	if slices.Contains(l.ref.Names, name) {
		l.found[name] = tip
	}
	if l.ref.IsPinned() && commit == l.ref.Commit {
		l.pinned = tip
	}
	return nil
}

// listed returns the id to ask for in version 0 to get an object. A host of version 0 serves only ids that it has
// listed. It may not list the commit of an annotated tag as a ref of its own, so the request names the tag.
func (l refListing) listed(id object.ID) object.ID {
	if l.ref.IsPinned() && l.pinned.Commit == id {
		return l.pinned.Named
	}
	for _, name := range l.ref.Names {
		if tip, found := l.found[name]; found && tip.Commit == id {
			return tip.Named
		}
	}
	return id
}

// best is what the first name that was found leads to.
func (l *refListing) best() (object.Tip, bool) {
	for _, name := range l.ref.Names {
		if tip, found := l.found[name]; found {
			return tip, true
		}
	}
	return object.Tip{}, false
}

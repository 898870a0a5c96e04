package index

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mooring/gitsource/object"
)

// These are the reasons why a symbolic link is skipped, as they are shown.
const (
	reasonLinkLeaves    = "a symbolic link that leaves the repository"
	reasonLinkDangling  = "a symbolic link to nothing"
	reasonLinkLoop      = "a symbolic link that loops"
	reasonLinkHops      = "a symbolic link that takes more than 10 hops"
	reasonLinkDirectory = "a symbolic link to a directory"
	reasonLinkSubmodule = "a symbolic link to or into a submodule"
	reasonLinkLarge     = "a symbolic link to a file larger than 16 MiB"
)

// maxHops is how many links are followed one after another.
const maxHops = 10

// linkResolver follows symbolic links inside the trees of one commit as path_resolution(7) says. It never leaves the
// repository, neither by an absolute target nor by "..". It belongs to one survey.
type linkResolver struct {
	// tree returns the bytes of a tree by its id.
	tree func(context.Context, object.ID) ([]byte, error)
	// text returns the target of a link by the id of its blob; false if that is not known.
	text func(object.ID) (string, bool)
	// touched are the trees that were looked into, by their ids.
	touched map[object.ID][]byte
	parsed  map[object.ID]map[string]object.Entry
}

func newLinkResolver(
	tree func(context.Context, object.ID) ([]byte, error), text func(object.ID) (string, bool),
) *linkResolver {
	return &linkResolver{
		tree:    tree,
		text:    text,
		touched: map[object.ID][]byte{},
		parsed:  map[object.ID]map[string]object.Entry{},
	}
}

// follow follows a link's target to its end. It returns the id of the blob there, or the reason why none can be served.
// trail are the ids of the trees from the root to the link's directory. known is false if the target of a link on the
// way is not known.
func (r *linkResolver) follow(
	ctx context.Context, target string, trail []object.ID,
) (at object.ID, reason string, known bool, err error) {
	w := walk{linkResolver: r, trail: slices.Clone(trail), names: make([]string, len(trail)), seen: map[string]bool{}}
	for !w.turn(target) {
		if err := ctx.Err(); err != nil { // very many links may each lead a long way
			return object.ID{}, "", false, err
		}
		entry, more, err := w.step(ctx)
		switch {
		case err != nil:
			return object.ID{}, "", false, err
		case w.reason != "":
			return object.ID{}, w.reason, true, nil
		case !more:
			return entry.ID, "", true, nil
		}
		if target, known = r.text(entry.ID); !known {
			return object.ID{}, "", false, nil
		}
	}
	return object.ID{}, w.reason, true, nil
}

// walk is the way from one link to its end. It belongs to one call of follow.
type walk struct {
	*linkResolver
	// trail and names are the directories from the root to the current one. The names up to the link's directory are
	// empty: the length of trail and the other names identify a place.
	trail []object.ID
	names []string
	// rest are the parts of the path that are still to be walked.
	rest []string
	hops int
	// seen are the links that were followed, by their places and by the rest of the path at that time.
	seen map[string]bool
	// reason is why the walk cannot go on; empty if it can.
	reason string
}

// turn puts the target of a link before the rest of the path. It returns true if the walk ends there, with a reason.
func (w *walk) turn(target string) bool {
	w.hops++
	place := strings.Join([]string{
		strconv.Itoa(len(w.trail)), strings.Join(w.names, "/"), target, strings.Join(w.rest, "/"),
	}, "\x00")
	switch {
	case w.seen[place]:
		w.reason = reasonLinkLoop
	case w.hops > maxHops:
		w.reason = reasonLinkHops
	case target == "":
		w.reason = reasonLinkDangling
	case target[0] == '/':
		w.reason = reasonLinkLeaves
	}
	w.seen[place] = true
	w.rest = append(strings.Split(target, "/"), w.rest...)
	return w.reason != ""
}

// step walks through directories up to a link, or to the end, where there is a file or a reason. more is true at a
// link.
func (w *walk) step(ctx context.Context) (entry object.Entry, more bool, err error) {
	for len(w.rest) > 0 {
		name := w.rest[0]
		w.rest = w.rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			if w.up(); w.reason != "" {
				return object.Entry{}, false, nil
			}
			continue
		}
		entry, err := w.lookUp(ctx, name)
		if err != nil || w.reason != "" || entry.Mode == object.ModeLink {
			return entry, true, err
		}
		if entry.Mode == object.ModeFile {
			if len(w.rest) > 0 {
				w.reason = reasonLinkDangling
			}
			return entry, false, nil
		}
		w.trail, w.names = append(w.trail, entry.ID), append(w.names, name)
	}
	w.reason = reasonLinkDirectory
	return object.Entry{}, false, nil
}

// up goes to the directory above.
func (w *walk) up() {
	if len(w.trail) == 1 {
		w.reason = reasonLinkLeaves
		return
	}
	w.trail, w.names = w.trail[:len(w.trail)-1], w.names[:len(w.names)-1]
}

// lookUp finds a name in the current directory.
func (w *walk) lookUp(ctx context.Context, name string) (object.Entry, error) {
	entries, err := w.entries(ctx, w.trail[len(w.trail)-1])
	if err != nil {
		return object.Entry{}, err
	}
	entry, found := entries[name]
	switch {
	case !found:
		w.reason = reasonLinkDangling
	case entry.Mode == object.ModeOther:
		w.reason = reasonLinkSubmodule
	}
	return entry, nil
}

// entries returns the entries of a tree by name. Many links lead through the same trees, so each tree is read once.
func (r *linkResolver) entries(ctx context.Context, id object.ID) (map[string]object.Entry, error) {
	if entries, ok := r.parsed[id]; ok {
		return entries, nil
	}
	tree, err := r.tree(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	tree = slices.Clone(tree)
	entries := map[string]object.Entry{}
	for entry, err := range id.Format().Entries(tree) {
		if err != nil {
			return nil, fmt.Errorf("read tree %s: %w", id, err)
		}
		entries[string(entry.Name)] = entry
	}
	r.touched[id], r.parsed[id] = tree, entries
	return entries, nil
}

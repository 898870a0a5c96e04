package page

import (
	"slices"

	"mooring/actors"
)

// removals are the stacks whose removal is held, as the page's notice shows them.
type removals struct {
	// Count is how many there are.
	Count int
	// Reasons are the sentences that say why, each once, at most shownReasons of them.
	Reasons []string
	// Paths are the first paths, at most shownPaths of them.
	Paths []string
}

// shownReasons is how many reasons the notice shows at most: each refresh gives the stacks that it holds the same one.
const shownReasons = 3

func heldIn(snapshot actors.Snapshot) removals {
	var held removals
	for _, stack := range snapshot.Stacks {
		if stack.Hold == nil {
			continue
		}
		held.Count++
		if len(held.Paths) < shownPaths {
			held.Paths = append(held.Paths, stack.Path)
		}
		if len(held.Reasons) < shownReasons && !slices.Contains(held.Reasons, stack.Hold.Reason) {
			held.Reasons = append(held.Reasons, stack.Hold.Reason)
		}
	}
	return held
}

// More is how many paths are not shown.
func (h removals) More() int { return h.Count - len(h.Paths) }

// Title says how many there are.
func (h removals) Title() string {
	if h.Count == 1 {
		return "One removal is held"
	}
	return grouped(h.Count) + " removals are held"
}

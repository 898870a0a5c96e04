package index

import (
	"cmp"
	"slices"

	"mooring/actors"
)

// edit sets the stack at a path. A stack without a hash removes the one at the path.
type edit struct {
	path  string
	stack actors.DesiredStack
}

// lister finds the difference between two indexes. It enters only the directories that differ.
type lister struct {
	names []string
	edits []edit
	paths pathBudget
}

// state returns the desired state of an Index, from the state before it. Slices in which nothing changed are shared by
// the two states.
func (b *builder) state(
	next *Index, odd *survey, path string, previous actors.DesiredState,
) (actors.DesiredState, error) {
	var state actors.DesiredState
	top := &directory{}
	if b.old != nil {
		top, state.Stacks = b.old.top, previous.Stacks
	}
	// The first build has as many edits as stacks; later ones have a few.
	l := lister{names: b.names, edits: make([]edit, 0, max(0, next.top.weight-top.weight))}
	if err := l.compare(top, next.top, path); err != nil {
		return actors.DesiredState{}, err
	}
	for _, found := range odd.found {
		l.edits = append(l.edits, edit{found.path, found.stack})
		state.Skipped = append(state.Skipped, found.skipped...)
		state.Shadowed = append(state.Shadowed, found.shadowed...)
	}
	state.Stacks = apply(state.Stacks, l.edits)
	slices.SortFunc(state.Skipped, func(a, b actors.Skipped) int { return cmp.Compare(a.Path, b.Path) })
	slices.Sort(state.Shadowed)
	state.Hints = b.hints(next.top, path, len(state.Stacks)+len(state.Skipped))
	if slices.Equal(state.Skipped, previous.Skipped) {
		state.Skipped = previous.Skipped
	}
	if slices.Equal(state.Shadowed, previous.Shadowed) {
		state.Shadowed = previous.Shadowed
	}
	return state, nil
}

// compare notes the edits that change one directory into another at the same path; either may be nil. It leaves out the
// compose files of odd directories, because the survey handles them.
func (l *lister) compare(before, after *directory, path string) error {
	if before == after || before.isBarren() && after.isBarren() {
		return nil
	}
	if err := l.paths.spend(path); err != nil {
		return err
	}
	switch {
	case after != nil && after.hash != "":
		name := l.names[after.ids.file(0).rank]
		l.edits = append(l.edits, edit{path, actors.DesiredStack{
			Path: path, ComposeFile: name, Hash: after.hash, Tree: after.tree(),
		}})
	case before != nil && before.ids.files() > 0 && (after == nil || after.ids.files() == 0):
		l.edits = append(l.edits, edit{path: path})
	}
	for name, pair := range pairs(before, after) {
		if pair[0] == pair[1] || pair[0].isBarren() && pair[1].isBarren() || !isShowable(name) {
			continue
		}
		if err := l.compare(pair[0], pair[1], joinPath(path, name)); err != nil {
			return err
		}
	}
	return nil
}

// pairs iterates over the names in two directories, with both subdirectories of each name; nil if one does not exist.
func pairs(before, after *directory) func(yield func(string, [2]*directory) bool) {
	return func(yield func(string, [2]*directory) bool) {
		var olds, news []subdirectory
		if before != nil {
			olds = before.directories
		}
		if after != nil {
			news = after.directories
		}
		for len(olds) > 0 || len(news) > 0 {
			var name string
			var pair [2]*directory
			switch order := compareHeads(olds, news); {
			case order < 0:
				name, pair[0], olds = olds[0].name, olds[0].directory, olds[1:]
			case order > 0:
				name, pair[1], news = news[0].name, news[0].directory, news[1:]
			default:
				name, pair = news[0].name, [2]*directory{olds[0].directory, news[0].directory}
				olds, news = olds[1:], news[1:]
			}
			if !yield(name, pair) {
				return
			}
		}
	}
}

func compareHeads(olds, news []subdirectory) int {
	switch {
	case len(olds) == 0:
		return 1
	case len(news) == 0:
		return -1
	}
	return cmp.Compare(olds[0].name, news[0].name)
}

// apply returns the stacks with the edits made, sorted by path. It returns the same slice if the edits change nothing.
// There is at most one edit of a path.
func apply(stacks []actors.DesiredStack, edits []edit) []actors.DesiredStack {
	added := 0
	edits = slices.DeleteFunc(edits, func(e edit) bool {
		at, found := findStack(stacks, e.path)
		if !found {
			added++
			return e.stack.Hash == ""
		}
		return e.stack == stacks[at]
	})
	if len(edits) == 0 {
		return stacks
	}
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.path, b.path) })
	next := make([]actors.DesiredStack, 0, len(stacks)+added)
	for _, e := range edits {
		at, found := findStack(stacks, e.path)
		next, stacks = append(next, stacks[:at]...), stacks[at:]
		if found {
			stacks = stacks[1:]
		}
		if e.stack.Hash != "" {
			next = append(next, e.stack)
		}
	}
	return append(next, stacks...)
}

func findStack(stacks []actors.DesiredStack, path string) (at int, found bool) {
	return slices.BinarySearchFunc(stacks, path, func(s actors.DesiredStack, path string) int {
		return cmp.Compare(s.Path, path)
	})
}

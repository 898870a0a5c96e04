package readings

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"mooring/dockertarget/inputs"
)

// noting are Files that note which of them are an operator's. They belong to one reading.
type noting struct {
	Files
	unmanaged []inputs.Input
}

// Entry implements inputs.Files.
func (n *noting) Entry(ctx context.Context, name string) (inputs.Entry, error) {
	at, err := n.Files.Entry(ctx, name)
	if err == nil && at.Kind == inputs.Unmanaged {
		n.unmanaged = append(n.unmanaged, inputs.Input{Path: name, Entry: at})
	}
	return at, err
}

// update is one Update. It belongs to it.
type update struct {
	files       Files
	known, next map[string]known
	// entries are what is at the paths outside of stacks; the zero Entry for nothing. Many stacks look at the same ones.
	entries map[string]inputs.Entry
}

// isKnown takes over the reading of a stack if it would be the same now.
func (u *update) isKnown(ctx context.Context, stack Stack) (bool, error) {
	before, has := u.known[stack.Path]
	if !has || before.composeFile != stack.ComposeFile {
		return false, nil
	}
	within, absent := before.outside, before.absent
	if stack.Tree != before.tree { // something in its directory has changed: was it read?
		within, absent = before.made()
	}
	if same, err := u.same(ctx, slices.Concat(within, before.unmanaged), absent); !same || err != nil {
		return false, err
	}
	before.tree = stack.Tree
	u.next[stack.Path] = before
	return true, nil
}

// same tells whether inputs are as they were, and whether what was absent still is.
func (u *update) same(ctx context.Context, within []inputs.Input, absent []string) (bool, error) {
	for _, input := range within {
		if at, err := u.entry(ctx, input.Path); err != nil || at != input.Entry {
			return false, err
		}
	}
	for _, name := range absent {
		if at, err := u.entry(ctx, name); err != nil || at != nothing() {
			return false, err
		}
	}
	return true, nil
}

// nothing is the entry of a path at which nothing is.
func nothing() inputs.Entry { return inputs.Entry{} }

// entry tells what is at a path. It asks once for each path.
func (u *update) entry(ctx context.Context, name string) (inputs.Entry, error) {
	if at, has := u.entries[name]; has {
		return at, nil
	}
	at, err := u.files.Entry(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		at, err = nothing(), nil
	}
	if err == nil {
		u.entries[name] = at
	}
	return at, err
}

// keep is a new reading, with what it was made from.
func keep(stack Stack, reading Reading, unmanaged []inputs.Input) known {
	k := known{Reading: reading, composeFile: stack.ComposeFile, tree: stack.Tree, unmanaged: unmanaged}
	within, absent := k.made()
	for _, input := range within {
		if !isBelow(stack.Path, input.Path) {
			k.outside = append(k.outside, input)
		}
	}
	for _, name := range absent {
		if !isBelow(stack.Path, name) {
			k.absent = append(k.absent, name)
		}
	}
	return k
}

// made is all that a reading was made from: inputs, and paths that were looked for.
func (r Reading) made() ([]inputs.Input, []string) {
	if r.Problem != nil {
		return r.Problem.Inputs, r.Problem.Absent
	}
	return r.Stack.Inputs, r.Stack.Absent
}

// ReachesOut tells whether a stack has inputs outside of its directory, or a problem: then the id of the directory alone
// does not tell whether the stack is as it was.
func (r Reading) ReachesOut(directory string) bool {
	within, _ := r.made()
	return r.Problem != nil || slices.ContainsFunc(within, func(i inputs.Input) bool { return !isBelow(directory, i.Path) })
}

// places are the directories of stacks and of what they were made from before, sorted.
func (u *update) places(due []Stack) []string {
	var places []string
	for _, stack := range due {
		places = append(places, stack.Path)
		for _, input := range u.known[stack.Path].outside {
			if at := strings.LastIndexByte(input.Path, '/'); at > 0 {
				places = append(places, input.Path[:at])
			}
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// isBelow tells whether a path is a directory or is in it.
func isBelow(directory, name string) bool {
	return directory == "." || name == directory || strings.HasPrefix(name, directory+"/")
}

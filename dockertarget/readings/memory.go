package readings

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"mooring/dockertarget/inputs"
)

// ErrLater says that a file is not here yet, and that Fetch brings it.
var ErrLater = errors.New("the file is fetched later")

// Files are the files that stacks are read from. Read may return ErrLater.
type Files interface {
	inputs.Files
	// Prefetch reads what Compose may read in these directories, in one request.
	Prefetch(ctx context.Context, directories []string) error
	// Fetch brings the files for which Read has returned ErrLater, in one request.
	Fetch(ctx context.Context) error
}

// Reader reads one stack. The error is an *inputs.Problem if the stack's files are at fault.
type Reader interface {
	Read(ctx context.Context, files inputs.Files, stack, composeFile string) (*inputs.Stack, error)
}

// Stack is a stack of a desired state.
type Stack struct {
	// Path is its directory, and ComposeFile the name of the compose file in it.
	Path, ComposeFile string
}

// Reading is what the files of a stack say. One of its fields is set.
type Reading struct {
	Stack   *inputs.Stack
	Problem *inputs.Problem
}

// Memory has the last reading of each stack. It belongs to one goroutine.
type Memory struct {
	known map[string]known
}

// known is a reading, and what it was made from.
type known struct {
	Reading
	composeFile string
	// tree is the id of the stack's directory. outside are the inputs that are not in it, and absent the paths outside of
	// it that were looked for. While these are the same, the reading is.
	tree    string
	outside []inputs.Input
	absent  []string
}

// New makes a Memory that knows nothing.
func New() *Memory { return &Memory{known: map[string]known{}} }

// Update returns the readings of the stacks of a commit, in the order of the stacks, and how many of them were read now.
// It forgets the stacks that are not among them. An error comes from files or from the disk; what was read before it is
// kept. A file that an operator has put beside those of Git has no id, so a change of it alone causes no new reading.
func (m *Memory) Update(ctx context.Context, reader Reader, files Files, stacks []Stack) ([]Reading, int, error) {
	u := update{files: files, known: m.known, next: make(map[string]known, len(stacks)), entries: map[string]inputs.Entry{}}
	var due []Stack
	for _, stack := range stacks {
		is, err := u.isKnown(ctx, stack)
		switch {
		case err != nil:
			return nil, 0, err
		case !is:
			due = append(due, stack)
		}
	}
	read := len(due)
	if err := m.read(ctx, reader, &u, due); err != nil {
		return nil, 0, err
	}
	m.known = u.next
	result := make([]Reading, len(stacks))
	for i, stack := range stacks {
		result[i] = u.next[stack.Path].Reading
	}
	return result, read, nil
}

// read reads stacks in rounds: each fetches what the stacks of the last one have asked for.
func (m *Memory) read(ctx context.Context, reader Reader, u *update, due []Stack) error {
	if len(due) == 0 {
		return nil
	}
	if err := u.files.Prefetch(ctx, u.places(due)); err != nil {
		return err
	}
	for len(due) > 0 {
		var later []Stack
		for _, stack := range due {
			reading, err := reader.Read(ctx, u.files, stack.Path, stack.ComposeFile)
			var fault *inputs.Problem
			switch {
			case errors.Is(err, ErrLater):
				later = append(later, stack)
				continue
			case err != nil && !errors.As(err, &fault):
				return err
			}
			if err := u.keep(ctx, stack, Reading{reading, fault}); err != nil {
				return err
			}
			m.known[stack.Path] = u.next[stack.Path]
		}
		if len(later) > 0 {
			if err := u.files.Fetch(ctx); err != nil {
				return err
			}
		}
		due = later
	}
	return nil
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
	tree, err := u.tree(ctx, stack)
	if err != nil {
		return false, err
	}
	within, absent := before.outside, before.absent
	if tree != before.tree { // something in its directory has changed: was it read?
		within, absent = before.made()
	}
	if same, err := u.same(ctx, within, absent); !same || err != nil {
		return false, err
	}
	before.tree = tree
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

// tree is the id of a stack's directory.
func (u *update) tree(ctx context.Context, stack Stack) (string, error) {
	at, err := u.files.Entry(ctx, stack.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return at.ID, err
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

// keep keeps a new reading, with what it was made from.
func (u *update) keep(ctx context.Context, stack Stack, reading Reading) error {
	tree, err := u.tree(ctx, stack)
	if err != nil {
		return err
	}
	k := known{Reading: reading, composeFile: stack.ComposeFile, tree: tree}
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
	u.next[stack.Path] = k
	return nil
}

// made is all that a reading was made from: inputs, and paths that were looked for.
func (r Reading) made() ([]inputs.Input, []string) {
	if r.Problem != nil {
		return r.Problem.Inputs, r.Problem.Absent
	}
	return r.Stack.Inputs, r.Stack.Absent
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

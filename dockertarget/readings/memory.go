package readings

import (
	"context"
	"errors"

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
	// Tree is the id of the directory, in hex digits.
	Tree string
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
	// tree is the stack's. outside are the inputs that are not in its directory, and absent the paths outside of it that
	// were looked for. While these are the same, the reading is.
	tree    string
	outside []inputs.Input
	absent  []string
	// unmanaged are what an operator has put where Git has nothing.
	unmanaged []inputs.Input
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
			from := &noting{Files: u.files}
			reading, err := reader.Read(ctx, from, stack.Path, stack.ComposeFile)
			var fault *inputs.Problem
			switch {
			case errors.Is(err, ErrLater):
				later = append(later, stack)
				continue
			case err != nil && !errors.As(err, &fault):
				return err
			}
			u.next[stack.Path] = keep(stack, Reading{reading, fault}, from.unmanaged)
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

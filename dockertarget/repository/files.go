package repository

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"mooring/dockertarget/inputs"
	"mooring/dockertarget/readings"
	"mooring/gitsource"
	"mooring/gitsource/checkout"
	"mooring/gitsource/object"
)

// maxRead is the size in bytes of the largest file that is read. A compose file has at most 16 MiB.
const maxRead = 16 << 20

// Files are the files of one commit, with an operator's own files beside them. They belong to one goroutine.
type Files struct {
	commit   *gitsource.Commit
	operator operator
	// wanted are the files that were read and are not here yet, and asked are those that Fetch has asked for.
	wanted []string
	asked  map[string]bool
}

// New makes Files of a commit. tree is the path of the checkout that may have an operator's files; it need not be there.
// The error says that it cannot be opened. Close closes it; the commit stays open.
func New(commit *gitsource.Commit, tree string) (*Files, error) {
	operator, err := openOperator(tree)
	if err != nil {
		return nil, err
	}
	return &Files{commit: commit, operator: operator, asked: map[string]bool{}}, nil
}

// Close closes the checkout.
func (f *Files) Close() error { return f.operator.close() }

// Entry implements inputs.Files. What Git has counts; an operator's file is there only if Git has nothing of its name.
func (f *Files) Entry(ctx context.Context, name string) (inputs.Entry, error) {
	at, err := f.commit.Entry(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return f.operator.entry(name)
	}
	if err != nil {
		return inputs.Entry{}, err
	}
	return inputs.Entry{Kind: kind(at.Mode), ID: at.ID}, nil
}

func kind(mode object.Mode) inputs.Kind {
	switch mode {
	case object.ModeFile:
		return inputs.File
	case object.ModeLink:
		return inputs.Link
	case object.ModeDirectory:
		return inputs.Directory
	}
	return inputs.Submodule
}

// Read implements inputs.Files. It reads up to 16 MiB. The error is readings.ErrLater for a file that the host has and
// that Fetch is to ask for.
func (f *Files) Read(ctx context.Context, name string) ([]byte, error) {
	at, err := f.commit.Entry(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return f.operator.read(name)
	}
	if err != nil {
		return nil, err
	}
	if at.Mode != object.ModeFile && at.Mode != object.ModeLink {
		return nil, fmt.Errorf("%q is no file: %w", name, fs.ErrInvalid)
	}
	if !f.commit.Holds(at.ID) && !f.asked[at.ID] {
		f.wanted = append(f.wanted, at.ID)
		return nil, readings.ErrLater
	}
	content, err := f.commit.Read(ctx, name)
	if _, large := errors.AsType[*checkout.TooLarge](err); large || len(content) > maxRead {
		return nil, inputs.ErrTooLarge
	}
	return content, err
}

// Prefetch reads what Compose may read in these directories, in one request.
func (f *Files) Prefetch(ctx context.Context, directories []string) error {
	return ignoreLarge(f.commit.Prefetch(ctx, directories))
}

// Fetch asks for the files for which Read has returned readings.ErrLater, in one request.
func (f *Files) Fetch(ctx context.Context) error {
	wanted := f.wanted
	f.wanted = nil
	for _, id := range wanted {
		f.asked[id] = true
	}
	return ignoreLarge(f.commit.Keep(ctx, wanted))
}

// ignoreLarge leaves out the error that one of several files is too large: Read says it of the stack that has it.
func ignoreLarge(err error) error {
	if _, large := errors.AsType[*checkout.TooLarge](err); large {
		return nil
	}
	return err
}

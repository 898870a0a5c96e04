package inputs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

const (
	// maxFiles is how many compose files a stack may be made of. Each costs an attempt.
	maxFiles = 100
	// maxBytes is how long they and the files of variables that they are read with may be together. The library needs
	// about a hundred times as much memory.
	maxBytes = 4 << 20
)

// Reader reads stacks, one at a time. It belongs to one goroutine, and keeps nothing of a stack between two readings.
type Reader struct {
	scratch     *scratch
	environment types.Mapping
	repository  string
}

// NewReader makes a Reader. directory is where it makes a directory of its own, which Close removes; empty is the
// system's place for such. environment are the variables that docker compose will be started with, as "NAME=value", without
// the secrets of mooring: a stack can put any of them into a path, and so into a Problem, or into its containers.
// repository is the repository's name, which names the project of a stack at the root. The error is one of the disk.
//
// compose-go tells its warnings to standard error through logrus. They are turned off for this process: what matters of
// them is a Problem here.
func NewReader(directory string, environment []string, repository string) (*Reader, error) {
	logrus.SetOutput(io.Discard)
	variables := types.Mapping{}
	for _, variable := range environment {
		if name, value, ok := strings.Cut(variable, "="); ok {
			variables[name] = value
		}
	}
	scratch, err := newScratch(directory)
	if err != nil {
		return nil, err
	}
	return &Reader{scratch: scratch, environment: variables, repository: repository}, nil
}

// Close removes the Reader's directory.
func (r *Reader) Close() error { return r.scratch.remove() }

// Read reads the stack in a directory of the repository, with the compose file of that name. The error is a *Problem if
// the stack's files are at fault; any other one comes from files, or from the disk.
func (r *Reader) Read(ctx context.Context, files Files, stack, composeFile string) (*Stack, error) {
	reading := &reading{
		files: files, scratch: r.scratch, stack: stack, main: path.Join(stack, composeFile), repository: r.repository,
		environment: r.environment, placed: map[string]Use{}, contents: map[string][]byte{}, absent: map[string]bool{},
	}
	result, err := reading.run(ctx)
	if emptyErr := r.scratch.empty(); err == nil {
		err = emptyErr
	}
	var fault *Problem
	if errors.As(err, &fault) {
		fault.Inputs, fault.Absent = sortInputs(reading.inputs), slices.Sorted(maps.Keys(reading.absent))
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// reading is one Read. It belongs to it.
type reading struct {
	files   Files
	scratch *scratch
	// stack is the stack's directory, main its compose file.
	stack, main string
	// directory is the project's, as soon as it is known.
	directory   string
	repository  string
	environment types.Mapping
	// placed are the files that were put where compose-go finds them, and the ones that are not there although they may
	// be, with an empty use. size is how long the former are.
	placed map[string]Use
	size   int
	// contents are those of the compose files.
	contents map[string][]byte
	inputs   []Input
	absent   map[string]bool
}

func (r *reading) run(ctx context.Context) (*Stack, error) {
	if err := r.put(ctx, r.main, UseCompose, "The compose file"); err != nil {
		return nil, err
	}
	for len(r.contents) <= maxFiles {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		loaded, err := r.load(ctx)
		if err == nil {
			return r.collect(ctx, loaded)
		}
		if err = r.putMissing(ctx, err); err != nil {
			return nil, err
		}
	}
	return nil, problem("The stack is made of more than %d compose files.", maxFiles)
}

// putMissing puts the file that compose-go did not find. The error is a *Problem if the attempt failed for another
// reason, or if there is no such file.
func (r *reading) putMissing(ctx context.Context, failure error) error {
	if errors.Is(failure, errAgain) {
		return nil
	}
	if end, ok := errors.AsType[final](failure); ok {
		return end.error
	}
	missing, ok := errors.AsType[*fs.PathError](failure)
	if !ok || !absent(failure) {
		return r.explain(failure)
	}
	name, inside, climbed := r.scratch.path(missing.Path)
	switch _, done := r.placed[name]; {
	case climbed:
		return problem("%s names a file that leaves the repository.", quote(r.main))
	case !inside || done:
		return r.explain(failure)
	}
	use := UseCompose
	if missing.Op == "stat" { // compose-go opens compose files, and looks for files of variables before it opens them
		use = UseEnvironment
	}
	return r.put(ctx, name, use, "A file that the stack needs")
}

// put puts a file that must be there.
func (r *reading) put(ctx context.Context, name string, use Use, what string) error {
	there, err := r.putIfThere(ctx, name, use)
	if err == nil && !there {
		return problem("%s, %s, is not in the repository.", what, quote(name))
	}
	return err
}

// putIfThere puts a file where compose-go finds it. It returns false if there is none.
func (r *reading) putIfThere(ctx context.Context, name string, use Use) (bool, error) {
	if known, done := r.placed[name]; done {
		return known != "", nil
	}
	at, err := r.find(ctx, name)
	if absent(err) || err == nil && at.Kind == Directory {
		r.placed[name] = ""
		return false, nil
	}
	if err != nil {
		return false, err
	}
	content, err := r.files.Read(ctx, at.path)
	if r.size += len(content); errors.Is(err, ErrTooLarge) || err == nil && r.size > maxBytes {
		return false, problem("The compose files have more than %d MiB, with %s.", maxBytes>>20, quote(name))
	}
	if err != nil {
		return false, err
	}
	if isPointer(content) {
		return false, pointerProblem(name)
	}
	if use == UseEnvironment && cost(string(content)) > maxCost {
		return false, costProblem(quote(name))
	}
	r.note(at, use)
	if err := r.scratch.put(name, content); err != nil {
		return false, err
	}
	r.placed[name] = use
	if use == UseCompose {
		r.contents[name] = content
	}
	return true, nil
}

// find follows a path through the links of the commit, and keeps what was on the way: a commit that changes it changes
// what the path leads to. Its errors are those of the function find.
func (r *reading) find(ctx context.Context, name string) (place, error) {
	at, err := find(ctx, r.files, name)
	r.inputs = append(r.inputs, at.links...)
	if absent(err) {
		r.absent[at.path] = true
	}
	return at, err
}

// note keeps an input. What is not in Git is none.
func (r *reading) note(at place, use Use) {
	if at.Kind != Unmanaged {
		r.inputs = append(r.inputs, Input{Path: at.path, Use: use, Entry: at.Entry})
	}
}

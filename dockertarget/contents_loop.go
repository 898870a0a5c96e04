package dockertarget

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"mooring/actors"
	"mooring/dockertarget/inputs"
	"mooring/dockertarget/readings"
	"mooring/gitsource"
)

const (
	// readWithin is how long a stack may take to be read, the trees of a new commit included.
	readWithin = 40 * time.Second
	// contentsIdle is how long the trees and the answers are kept after the last question.
	contentsIdle = time.Minute
	// maxListedInputs is how many inputs of a stack are listed.
	maxListedInputs = 1000
	// maxKnownBytes bounds the texts of the answers that are kept.
	maxKnownBytes = 8 << 20
)

// contentsLoop is the actor behind Contents. Its goroutine owns all that is in here, and no other goroutine touches it.
type contentsLoop struct {
	questions   <-chan contentsQuestion // from handlers → contentsLoop
	done        chan<- struct{}         // closed at the end
	settings    Settings
	source      *gitsource.Source
	environment []string

	files *gitsource.Files // nil until the first question, and after a time without one
	// known are the answers for a revision, by the paths of the stacks. size is how many bytes their texts have.
	revision string
	known    map[string]actors.Contents
	size     int
}

// run answers one question after another until ctx ends.
func (l *contentsLoop) run(ctx context.Context) {
	defer close(l.done)
	idle := time.NewTimer(contentsIdle)
	defer idle.Stop()
	for {
		select {
		case question := <-l.questions:
			contents, err := l.answer(ctx, question)
			question.reply <- contentsReply{contents, err} // never blocks: capacity 1, answered once
			idle.Reset(contentsIdle)
		case <-idle.C:
			l.files = nil
			l.forget("")
		case <-ctx.Done():
			return
		}
	}
}

// forget drops the answers. Those that are kept from now on are for a revision.
func (l *contentsLoop) forget(revision string) {
	l.revision, l.known, l.size = revision, map[string]actors.Contents{}, 0
}

// answer returns a known answer, or reads the stack. A panic becomes an error: a file that nobody foresaw must not end
// the service.
func (l *contentsLoop) answer(ctx context.Context, question contentsQuestion) (contents actors.Contents, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the reading of %q panicked: %v\n%s", question.path, cause, debug.Stack())
		}
	}()
	if l.revision != question.state.Revision {
		l.forget(question.state.Revision)
	}
	if contents, has := l.known[question.path]; has {
		return contents, nil
	}
	limited, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	contents, err = l.read(limited, question)
	switch {
	case ctx.Err() != nil:
		return actors.Contents{}, actors.ErrStopped
	case limited.Err() != nil:
		return actors.Contents{}, &actors.Failure{Code: actors.CodeTimeout, Message: fmt.Sprintf(
			"The files of the stack could not be read within %s; look at the Git host, and ask again later.", readWithin)}
	case err != nil:
		return actors.Contents{}, err
	}
	l.keep(question.path, contents)
	return contents, nil
}

// keep keeps an answer. If there would be too much, it forgets the others.
func (l *contentsLoop) keep(path string, contents actors.Contents) {
	const perText = 16 // bytes of a string's header
	size := len(path) + len(contents.Project) + len(contents.Problem)
	for _, file := range contents.ComposeFiles {
		size += perText + len(file)
	}
	for _, input := range contents.Inputs {
		size += 4*perText + len(input.Path) + len(input.ID)
	}
	if l.size+size > maxKnownBytes {
		l.forget(l.revision)
	}
	l.known[path] = contents
	l.size += size
}

// read reads a stack from the files of its commit.
func (l *contentsLoop) read(ctx context.Context, question contentsQuestion) (actors.Contents, error) {
	state := question.state
	at, found := slices.BinarySearchFunc(state.Stacks, question.path, func(stack actors.DesiredStack, path string) int {
		return strings.Compare(stack.Path, path)
	})
	if !found {
		return actors.Contents{Revision: state.Revision, Problem: "Git no longer has this stack."}, nil
	}
	if l.files == nil {
		l.files = l.source.Files()
	}
	commit, err := l.files.Open(ctx, state)
	if err != nil {
		return actors.Contents{}, err
	}
	defer commit.Close()
	stack := readings.Stack{Path: question.path, ComposeFile: state.Stacks[at].ComposeFile}
	read, err := l.settings.read(ctx, commit, []readings.Stack{stack}, l.environment)
	if err != nil {
		return actors.Contents{}, err
	}
	if len(read) != 1 {
		return actors.Contents{}, errors.New("one stack was asked for, and not one was read")
	}
	return contentsOf(state.Revision, read[0]), nil
}

// contentsOf is what people and programs get of a reading: no content of a file.
func contentsOf(revision string, read readings.Reading) actors.Contents {
	switch {
	case read.Problem != nil:
		return actors.Contents{Revision: revision, Problem: read.Problem.Message}
	case len(read.Stack.Inputs) > maxListedInputs:
		return actors.Contents{Revision: revision, Problem: fmt.Sprintf(
			"The stack is made of %d files and directories, which are too many to list.", len(read.Stack.Inputs))}
	}
	contents := actors.Contents{
		Revision: revision, Project: read.Stack.Project, ComposeFiles: read.Stack.ComposeFiles,
		Inputs: make([]actors.Input, 0, len(read.Stack.Inputs)),
	}
	for _, input := range read.Stack.Inputs {
		contents.Inputs = append(contents.Inputs, actors.Input{
			Path: input.Path, Use: string(input.Use), Kind: kindName(input.Kind), ID: input.ID,
		})
	}
	return contents
}

func kindName(kind inputs.Kind) string {
	switch kind {
	case inputs.Link:
		return "link"
	case inputs.Directory:
		return "directory"
	case inputs.Submodule:
		return "submodule"
	}
	return "file" // an Unmanaged one is no input
}

// withoutRegistrySecrets removes the variable with the passwords of registries (docker-compose's environment variables,
// DOCKER_AUTH_CONFIG): anyone may read an answer, and a compose file can put a variable into a path.
func withoutRegistrySecrets(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(variable string) bool {
		return strings.HasPrefix(variable, "DOCKER_AUTH_CONFIG=")
	})
}

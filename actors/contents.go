package actors

import "errors"

// ErrBusy says that others ask what stacks are made of, and that no turn came in time.
var ErrBusy = errors.New("others are asking what stacks are made of")

// Contents are what a stack is made of at one commit. They are immutable.
type Contents struct {
	// Revision is the full id of the commit.
	Revision string
	// Project is the name of the Compose project.
	Project string
	// ComposeFiles are the paths of the files that Compose is given, in their order.
	ComposeFiles []string
	// Inputs are the files and directories of the repository that the stack is made of, sorted by path.
	Inputs []Input
	// Problem is a sentence that says why the files cannot be read; empty if they can. With a problem there is nothing
	// but the revision.
	Problem string
}

// Input is a file or a directory of the repository that a stack is made of.
type Input struct {
	// Path is relative to the root of the repository.
	Path string
	// Use is what the stack uses it for: compose, environment, config, secret, mount, build or link.
	Use string
	// Kind is what it is: file, link, directory or submodule.
	Kind string
	// ID names the blob, the tree or the submodule's commit, in hex digits.
	ID string
}

package inputs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Use is what a stack uses a file for.
type Use string

const (
	// UseCompose is a compose file: the stack's own, an override, an included one, or one with a service that another
	// one extends.
	UseCompose Use = "compose"
	// UseEnvironment is a file of variables: ".env", an env_file, or a label_file.
	UseEnvironment Use = "environment"
	// UseConfig is the file of a config.
	UseConfig Use = "config"
	// UseSecret is the file of a secret.
	UseSecret Use = "secret"
	// UseMount is a file or a directory that a container mounts.
	UseMount Use = "mount"
	// UseBuild is the context of a build, or a Dockerfile outside of it.
	UseBuild Use = "build"
	// UseLink is a symbolic link on the way to another input.
	UseLink Use = "link"
)

// Input is a file or a directory of the repository that a stack is made of.
type Input struct {
	// Path is relative to the root of the repository.
	Path string
	// Use is what the stack uses it for.
	Use Use
	Entry
}

// Service is one service of a stack, with what Compose is told about it.
type Service struct {
	// Name is the service's name in the compose file.
	Name string
	// Image is the image's name as the compose file has it. It is empty if only a build gives one.
	Image string
	// Builds tells whether the service has a build section.
	Builds bool
	// Unseen is a digest, in hex digits, of what Compose does not compare when it looks for changes: the content of
	// mounted files, and of configs and secrets. It is empty if the service has none of these in the repository.
	Unseen string
}

// Stack is what one compose file says, resolved over the files of one commit.
type Stack struct {
	// Project is the name of the Compose project.
	Project string
	// Named tells whether the files give that name (by "name:" or COMPOSE_PROJECT_NAME). Otherwise it comes from the
	// directory.
	Named bool
	// ComposeFiles are the paths of the files that Compose is given, in their order: the compose file and its override,
	// or what COMPOSE_FILE names.
	ComposeFiles []string
	// Directory is the directory of the project: that of the first compose file.
	Directory string
	// Variables are the files of variables that Compose reads before the compose files, in the order of --env-file: the
	// last value of a variable counts.
	Variables []string
	// Profiles are the active profiles, as COMPOSE_PROFILES in ".env" gives them.
	Profiles []string
	// Services are those of the active profiles, sorted by name.
	Services []Service
	// Inputs are sorted by path; each path is there once. The stack's compose file is the first of ComposeFiles, and is
	// among them.
	Inputs []Input
	// Absent are the paths that would be inputs if they were there: an optional file, or a directory that Compose makes
	// because a container mounts it. They are sorted.
	Absent []string
	// Suspended tells whether the stack asks to be left alone, by "x-mooring: {suspend: true}".
	Suspended bool
	// After are the paths of the stacks that this one waits for, by "x-mooring: {after: [paths]}".
	After []string
}

// Digest is the SHA-256, in hex digits, of the paths, the uses and the ids of all inputs. Two readings have the same
// digest exactly if the stack is made of the same files. Files that are not in Git do not count.
func (s *Stack) Digest() string {
	sum := sha256.New()
	for _, input := range s.Inputs {
		fmt.Fprintf(sum, "%q %s %d %s\n", input.Path, input.Use, input.Kind, input.ID)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// sortInputs sorts by path, and keeps the first of several with the same path.
func sortInputs(inputs []Input) []Input {
	slices.SortStableFunc(inputs, func(a, b Input) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(inputs, func(a, b Input) bool { return a.Path == b.Path })
}

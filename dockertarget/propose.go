package dockertarget

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"mooring/actors"
	"mooring/dockertarget/engine"
	"mooring/dockertarget/inputs"
	"mooring/dockertarget/plan"
	"mooring/dockertarget/readings"
	"mooring/dockertarget/repository"
	"mooring/gitsource"
)

// State is what is known of Git.
type State struct {
	// Snapshot has the stacks of a commit, and those that left Git and may still run.
	Snapshot actors.Snapshot
	// Desired is what the snapshot was made from.
	Desired actors.DesiredState
	// Commit has its files.
	Commit *gitsource.Commit
}

// Propose tells what would be done so that the engine runs what Git says. It changes nothing: it reads the engine, and the
// checkout in WORK_DIR. environment are this process's variables. An engine that gives no answer is no error: then the
// proposal says so, and supposes that nothing runs. An error comes from the Git host or from a disk.
func (s Settings) Propose(ctx context.Context, state State, environment []string) (Proposal, error) {
	result := Proposal{Revision: state.Snapshot.Revision}
	now, err := engine.Look(ctx, environment)
	if err == nil {
		result.Engine = Engine{Name: now.Name, Version: now.Version}
	} else if ctx.Err() == nil {
		result.Engine = Engine{Problem: err.Error()}
	}
	stacks, err := s.stacks(ctx, state, environment)
	if err != nil {
		return Proposal{}, err
	}
	stacks = append(stacks, s.left(stacks, now.Containers)...)
	result.Steps = plan.Make(stacks, now.Containers, s.workDir())
	if result.Steps == nil {
		result.Steps = []plan.Step{}
	}
	return result, nil
}

// stacks are those that DEPLOY_PATHS names, with what their files say.
func (s Settings) stacks(ctx context.Context, state State, environment []string) ([]plan.Stack, error) {
	var stacks []plan.Stack
	var wanted []readings.Stack
	listed := map[string]bool{}
	for _, stack := range state.Desired.Stacks {
		if s.means(stack.Path) {
			wanted = append(wanted, readings.Stack{Path: stack.Path, ComposeFile: stack.ComposeFile, Tree: stack.Tree.String()})
			listed[stack.Path] = true
		}
	}
	for _, skipped := range state.Desired.Skipped {
		if at := path.Dir(skipped.Path); s.means(at) && !listed[at] {
			listed[at] = true
			stacks = append(stacks, plan.Stack{
				Path: at, Problem: fmt.Sprintf("Its compose file %q cannot be served: %s.", skipped.Path, skipped.Reason),
			})
		}
	}
	applied := map[string]bool{}
	for _, stack := range state.Snapshot.Stacks {
		applied[stack.Path] = stack.InSync() && stack.Told().AppliedTree == stack.Tree && stack.Tree != ""
		if gone := stack.Status == actors.Deleting || stack.Hold != nil; gone && s.means(stack.Path) {
			one := plan.Stack{Path: stack.Path, Deleting: true}
			if stack.Hold != nil {
				one.Held = stack.Hold.Reason
			}
			stacks = append(stacks, one)
		}
	}
	read, err := s.read(ctx, state.Commit, wanted, environment)
	if err != nil {
		return nil, err
	}
	for i, stack := range wanted {
		one := plan.Stack{Path: stack.Path, Read: read[i].Stack}
		if read[i].Problem != nil {
			one.Problem = read[i].Problem.Message
		}
		if applied[stack.Path] && !read[i].ReachesOut(stack.Path) {
			one.Applied = one.Read.Digest()
		}
		stacks = append(stacks, one)
	}
	return stacks, nil
}

// read reads the files of stacks.
func (s Settings) read(
	ctx context.Context, commit *gitsource.Commit, stacks []readings.Stack, environment []string,
) (read []readings.Reading, err error) {
	files, err := repository.New(commit, filepath.Join(s.workDir(), "tree"))
	if err != nil {
		return nil, err
	}
	reader, err := inputs.NewReader("", composeVariables(environment), commit.RepositoryName())
	if err != nil {
		return nil, errors.Join(err, files.Close())
	}
	read, _, err = readings.New().Update(ctx, reader, files, stacks)
	if closed := errors.Join(reader.Close(), files.Close()); err == nil {
		err = closed
	}
	return read, err
}

// composeVariables are the variables that docker compose is started with. The rest of this process's variables are its
// own settings and secrets.
func composeVariables(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return name != "PATH" && name != "HOME" && !strings.HasPrefix(name, "DOCKER_")
	})
}

// left are the stacks that this process has started and that DEPLOY_PATHS does not name any more. They stay.
func (s Settings) left(known []plan.Stack, containers []plan.Container) []plan.Stack {
	var left []plan.Stack
	listed := map[string]bool{}
	for _, stack := range known {
		listed[stack.Path] = true
	}
	for _, c := range containers {
		if c.Owner == s.workDir() && c.Stack != "" && !s.means(c.Stack) && !listed[c.Stack] {
			listed[c.Stack] = true
			left = append(left, plan.Stack{
				Path: c.Stack, Deleting: true, Held: "DEPLOY_PATHS does not name it any more, and what runs of it stays.",
			})
		}
	}
	return left
}

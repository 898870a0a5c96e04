package plan

import (
	"fmt"
	"slices"
	"strings"

	"mooring/dockertarget/inputs"
)

// Make decides what has to be done. stacks are all that this process applies, containers are all that the engine has, and
// owner is the absolute path of WORK_DIR. There is a step for each stack, a second one for a stack that runs under a name
// that it no longer has, and one for each project whose containers are this process's own and whose stack is not known.
// They are sorted by path. Removals are to be done before anything is applied.
func Make(stacks []Stack, containers []Container, owner string) []Step {
	p := planner{owner: owner, running: projects(containers), known: map[string]bool{}}
	p.claims = claims(stacks, p.running)
	for _, stack := range stacks {
		p.known[stack.Path] = true
	}
	var steps []Step
	for _, stack := range stacks {
		steps = append(steps, p.step(stack))
		steps = append(steps, p.formerNames(stack)...)
	}
	steps = append(steps, p.unknown()...)
	slices.SortStableFunc(steps, func(a, b Step) int { return strings.Compare(a.Stack, b.Stack) })
	return steps
}

// planner has what the decisions about single stacks need of all of them.
type planner struct {
	owner   string
	running map[string]project
	claims  map[string]claim
	known   map[string]bool
}

// step decides about one stack.
func (p planner) step(stack Stack) Step {
	switch {
	case stack.Deleting:
		return p.removal(stack)
	case stack.Problem != "":
		return Step{Stack: stack.Path, Action: Refuse, Reason: stack.Problem, Services: []string{}}
	}
	step := Step{Stack: stack.Path, Project: stack.Read.Project, Services: []string{}}
	running := p.running[step.Project]
	if reason := p.refusal(stack, running); reason != "" {
		step.Action, step.Reason = Refuse, reason
		return step
	}
	switch {
	case stack.Read.Suspended:
		step.Action, step.Reason = Leave, "The compose file asks for it, by x-mooring: {suspend: true}."
	case stack.Paused != "":
		step.Action, step.Reason = Leave, stack.Paused
	default:
		step.Action, step.Reason, step.Services = p.application(stack, running)
	}
	return step
}

// refusal is the reason why a stack may not be applied; empty if it may.
func (p planner) refusal(stack Stack, running project) string {
	name := stack.Read.Project
	if holder := p.claims[name].holder; holder != stack.Path {
		return fmt.Sprintf("%q and %q have the same project name, %s; give one of them another by name: in its compose file.",
			stack.Path, holder, name)
	}
	if running.isSelf() {
		return "mooring itself runs in this project; apply it by hand."
	}
	if foreign := running.foreign(p.owner); foreign != "" {
		return fmt.Sprintf("The project %s belongs to another mooring, with WORK_DIR %s.", name, foreign)
	}
	named := serviceNames(stack.Read)
	strange := running.services(func(c Container) bool { return c.Owner == "" && !slices.Contains(named, c.Service) })
	if len(strange) > 0 {
		return fmt.Sprintf("The project %s has containers of services that the compose file does not name (%s), and mooring did "+
			"not start them; remove them, or give the stack another name.", name, strings.Join(strange, ", "))
	}
	return ""
}

// application decides how a stack is applied that may be.
func (p planner) application(stack Stack, running project) (Action, string, []string) {
	if len(running.containers) == 0 {
		return Create, "Nothing of it is there.", []string{}
	}
	if from := p.claims[running.name].from; from != "" {
		return Recreate, fmt.Sprintf("It has moved here from %q; each container is replaced once.", from), []string{}
	}
	byHand := running.services(func(c Container) bool { return c.Owner == "" })
	if len(byHand) > 0 {
		return Recreate, "It was not started by mooring; each container is replaced once, and volumes stay.", byHand
	}
	missing := []string{}
	for _, service := range serviceNames(stack.Read) {
		if !slices.ContainsFunc(running.containers, func(c Container) bool { return c.Service == service }) {
			missing = append(missing, service)
		}
	}
	if len(missing) > 0 {
		return Change, "A service has no container.", missing
	}
	named := serviceNames(stack.Read)
	left := running.services(func(c Container) bool { return !slices.Contains(named, c.Service) })
	if len(left) > 0 {
		return Change, "A service is no longer in the compose file.", left
	}
	unseen := map[string]string{}
	for _, service := range stack.Read.Services {
		unseen[service.Name] = service.Unseen
	}
	changed := running.services(func(c Container) bool { return c.Unseen != unseen[c.Service] })
	if len(changed) > 0 {
		return Change, "A mounted file, a config or a secret has changed.", changed
	}
	if stack.Applied == stack.Read.Digest() {
		return Leave, "It is as Git says.", []string{}
	}
	return Change, "Its files may have changed; Compose replaces the containers that differ.", []string{}
}

// removal decides about a stack that is no longer in Git.
func (p planner) removal(stack Stack) Step {
	step := Step{Stack: stack.Path, Services: []string{}}
	name, own := p.own(stack.Path)
	step.Project = name
	switch {
	case stack.Held != "":
		step.Action, step.Reason = Leave, stack.Held
	case own == 0:
		step.Action, step.Reason = Forget, "It is no longer in Git, and nothing of it is there."
	case p.claims[name].holder != "":
		step.Action = Forget
		step.Reason = fmt.Sprintf("It has moved to %q, which takes its containers over.", p.claims[name].holder)
	case p.running[name].isSelf():
		step.Action, step.Reason = Refuse, "mooring itself runs in this project; remove it by hand."
	default:
		step.Action = Remove
		step.Reason = fmt.Sprintf("It is no longer in Git; %s removed, and volumes stay.", count(own, "container is", "containers are"))
	}
	return step
}

// own is the first project that has containers of a stack with this process's labels, and how many those are.
func (p planner) own(stack string) (name string, containers int) {
	for _, candidate := range p.names() {
		if n := p.count(candidate, stack); n > 0 {
			return candidate, n
		}
	}
	return "", 0
}

// formerNames are the projects that a stack runs under and that are not its own any more, because its files give it
// another name now. One that another stack takes over is not removed.
func (p planner) formerNames(stack Stack) []Step {
	if stack.Read == nil || stack.Deleting {
		return nil
	}
	var steps []Step
	for _, name := range p.names() {
		containers := p.count(name, stack.Path)
		if name == stack.Read.Project || containers == 0 || p.claims[name].holder != "" || p.running[name].isSelf() {
			continue
		}
		steps = append(steps, Step{
			Stack: stack.Path, Project: name, Action: Remove, Services: []string{},
			Reason: fmt.Sprintf("The stack's project is called %s now; %s removed, and volumes stay.",
				stack.Read.Project, count(containers, "container is", "containers are")),
		})
	}
	return steps
}

// unknown are the projects with this process's labels whose stacks nobody knows. They are told, and never removed.
func (p planner) unknown() []Step {
	var steps []Step
	for _, name := range p.names() {
		running := p.running[name]
		path := running.stack()
		if path == "" || p.known[path] || running.foreign(p.owner) != "" || p.claims[name].holder != "" {
			continue
		}
		steps = append(steps, Step{
			Project: name, Action: Leave, Services: []string{},
			Reason: fmt.Sprintf("Its containers are of the stack %q, which mooring does not know; remove them by hand if they are "+
				"not needed.", path),
		})
	}
	return steps
}

// count is how many containers of a stack a project has with this process's labels.
func (p planner) count(name, stack string) int {
	n := 0
	for _, c := range p.running[name].containers {
		if c.Owner == p.owner && c.Stack == stack {
			n++
		}
	}
	return n
}

// names are the names of the projects that the engine has, sorted.
func (p planner) names() []string {
	names := make([]string, 0, len(p.running))
	for name := range p.running {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func serviceNames(stack *inputs.Stack) []string {
	names := make([]string, 0, len(stack.Services))
	for _, service := range stack.Services {
		names = append(names, service.Name)
	}
	return names
}

// count is a number with its noun and verb.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

package plan

import (
	"slices"
	"strings"
)

// claim is who may use the name of a project.
type claim struct {
	// holder is the path of the stack that has the name.
	holder string
	// from is the path of the stack whose containers the holder takes over; empty if they are its own or there are none.
	from string
}

// claims decides for each name of a project which stack has it. A stack that runs under a name keeps it. Otherwise the
// first path has it. If what runs is of a stack that does not want the name any more, because it is no longer in Git or
// has another name now, then that stack has moved, and its containers go to the new holder.
func claims(stacks []Stack, running map[string]project) map[string]claim {
	wanting := map[string][]string{}
	for _, stack := range stacks {
		if stack.Read != nil && !stack.Deleting {
			wanting[stack.Read.Project] = append(wanting[stack.Read.Project], stack.Path)
		}
	}
	result := map[string]claim{}
	for name, paths := range wanting {
		slices.SortFunc(paths, strings.Compare)
		switch runs := running[name].stack(); {
		case slices.Contains(paths, runs):
			result[name] = claim{holder: runs}
		default:
			result[name] = claim{holder: paths[0], from: runs}
		}
	}
	return result
}

// project are the containers of one project.
type project struct {
	name       string
	containers []Container
}

// projects groups containers by their projects. Containers that ran once count nowhere.
func projects(containers []Container) map[string]project {
	all := map[string]project{}
	for _, c := range containers {
		if c.Once || c.Project == "" {
			continue
		}
		p := all[c.Project]
		p.name, p.containers = c.Project, append(p.containers, c)
		all[c.Project] = p
	}
	return all
}

// stack is the path of the stack that the project's containers are of; empty if no container says so.
func (p project) stack() string {
	for _, c := range p.containers {
		if c.Stack != "" {
			return c.Stack
		}
	}
	return ""
}

// foreign is the owner of the project's containers if that is somebody else; empty if it is not.
func (p project) foreign(owner string) string {
	for _, c := range p.containers {
		if c.Owner != "" && c.Owner != owner {
			return c.Owner
		}
	}
	return ""
}

// isSelf tells whether this process runs in the project.
func (p project) isSelf() bool {
	return slices.ContainsFunc(p.containers, func(c Container) bool { return c.Self })
}

// services are the names of the services of the containers that a function picks, sorted.
func (p project) services(pick func(Container) bool) []string {
	names := []string{}
	for _, c := range p.containers {
		if pick(c) {
			names = append(names, c.Service)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

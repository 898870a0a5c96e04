package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/dockertarget/inputs"
)

const owner = "/var/lib/mooring"

// read is a stack that was read: its path, the name of its project, and its services.
func read(path, project string, services ...string) Stack {
	stack := &inputs.Stack{Project: project}
	for _, service := range services {
		name, unseen, _ := strings.Cut(service, "=")
		stack.Services = append(stack.Services, inputs.Service{Name: name, Unseen: unseen})
	}
	return Stack{Path: path, Read: stack, Applied: stack.Digest()}
}

// own is a container of this process.
func own(project, service, stack string) Container {
	name, unseen, _ := strings.Cut(service, "=")
	return Container{Project: project, Service: name, Stack: stack, Owner: owner, Unseen: unseen}
}

// byHand is a container that mooring has not started.
func byHand(project, service string) Container { return Container{Project: project, Service: service} }

func gone(path string) Stack { return Stack{Path: path, Deleting: true} }

// changed is a stack with other files than the ones that were applied.
func changed(stack Stack) Stack {
	stack.Applied = "other"
	return stack
}

func TestThePlan(t *testing.T) {
	suspended := read("a", "a", "web")
	suspended.Read.Suspended = true
	paused := read("a", "a", "web")
	paused.Paused = "Paused until noon."
	held := gone("a")
	held.Held = "Held for a reason."
	foreign, self, once := own("a", "web", "a"), own("a", "web", "a"), byHand("a", "migrate")
	foreign.Owner, self.Self, once.Once = "/srv/other", true, true
	for name, test := range map[string]struct {
		stacks     []Stack
		containers []Container
		want       []string // "stack project action: a part of the reason [services]"
	}{
		"nothing": {nil, nil, nil},
		"a new stack": {[]Stack{read("a", "p", "web")}, nil,
			[]string{"a p create: Nothing of it is there. []"}},
		"one in sync": {[]Stack{read("a", "a", "web")}, []Container{own("a", "web", "a"), own("a", "web", "a"), once},
			[]string{"a a leave: It is as Git says. []"}},
		"one with other files": {[]Stack{changed(read("a", "a", "web"))}, []Container{own("a", "web", "a")},
			[]string{"a a change: Its files may have changed []"}},
		"one with a missing service": {[]Stack{read("a", "a", "db", "web")}, []Container{own("a", "web", "a")},
			[]string{"a a change: A service has no container. [db]"}},
		"one with a service too many": {[]Stack{read("a", "a", "web")}, []Container{own("a", "web", "a"), own("a", "old", "a")},
			[]string{"a a change: no longer in the compose file. [old]"}},
		"one with a changed mount": {[]Stack{read("a", "a", "web=2", "db=1")}, []Container{own("a", "web=1", "a"), own("a", "db=1", "a")},
			[]string{"a a change: A mounted file [web]"}},
		"one that cannot be read": {[]Stack{{Path: "a", Problem: "No."}, read("b", "b", "web")}, nil,
			[]string{"a  refuse: No. []", "b b create: Nothing []"}},
		"one that was started by hand": {[]Stack{read("a", "a", "web", "db")}, []Container{byHand("a", "web")},
			[]string{"a a recreate: not started by mooring [web]"}},
		"somebody's project of that name": {[]Stack{read("a", "a", "web")}, []Container{byHand("a", "web"), byHand("a", "mail")},
			[]string{"a a refuse: does not name (mail) []"}},
		"another mooring's project": {[]Stack{read("a", "a", "web")}, []Container{foreign},
			[]string{"a a refuse: belongs to another mooring, with WORK_DIR /srv/other []"}},
		"its own project": {[]Stack{read("a", "a", "web")}, []Container{self},
			[]string{"a a refuse: mooring itself runs []"}},
		"a suspended one": {[]Stack{suspended}, nil, []string{"a a leave: x-mooring []"}},
		"a paused one":    {[]Stack{paused}, nil, []string{"a a leave: Paused until noon. []"}},
		"one that left Git": {[]Stack{gone("a")}, []Container{own("p", "web", "a"), own("p", "db", "a")},
			[]string{"a p remove: 2 containers are removed []"}},
		"one that left Git and is not there": {[]Stack{gone("a")}, []Container{byHand("a", "web"), foreign},
			[]string{"a  forget: nothing of it is there []"}},
		"one whose removal is held": {[]Stack{held}, []Container{own("a", "web", "a")},
			[]string{"a a leave: Held for a reason. []"}},
		"one that left Git and holds mooring": {[]Stack{gone("a")}, []Container{self},
			[]string{"a a refuse: mooring itself []"}},
		"two with one name": {[]Stack{read("b", "p", "web"), read("a", "p", "web")}, nil,
			[]string{"a p create: Nothing []", `b p refuse: "b" and "a" have the same project name, p []`}},
		"two with one name of which one runs": {[]Stack{read("a", "p", "web"), read("b", "p", "web")}, []Container{own("p", "web", "b")},
			[]string{`a p refuse: "a" and "b" []`, "b p leave: as Git says []"}},
		"one that has moved": {[]Stack{gone("old"), read("new", "p", "web")}, []Container{own("p", "web", "old")},
			[]string{`new p recreate: It has moved here from "old" []`, `old p forget: It has moved to "new" []`}},
		"one whose project has another name now": {[]Stack{read("a", "new", "web")}, []Container{own("old", "web", "a")},
			[]string{"a new create: Nothing []", "a old remove: called new now; 1 container is removed []"}},
		"two that change names": {[]Stack{read("a", "y", "web"), read("b", "x", "web")}, []Container{own("x", "web", "a"), own("y", "web", "b")},
			[]string{`a y recreate: moved here from "b" []`, `b x recreate: moved here from "a" []`}},
		"containers of a stack that is not known": {nil, []Container{own("p", "web", "lost"), byHand("q", "web")},
			[]string{` p leave: "lost", which mooring does not know []`}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			steps := Make(test.stacks, test.containers, owner)
			is.Equal(len(steps), len(test.want))
			for i, step := range steps {
				head, rest, _ := strings.Cut(test.want[i], ": ")
				part, services, _ := strings.Cut(rest, " [")
				is.Equal(fmt.Sprintf("%s %s %s", step.Stack, step.Project, step.Action), head)
				is.Equal(strings.Join(step.Services, " ")+"]", services)
				if !strings.Contains(step.Reason, part) {
					t.Errorf("%q does not say %q", step.Reason, part)
				}
			}
		})
	}
}

package plan

import (
	"testing"

	"github.com/matryer/is"
	"pgregory.net/rapid"
)

// TestNoPlanTouchesWhatIsNotItsOwn makes plans of random stacks and containers.
func TestNoPlanTouchesWhatIsNotItsOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		is := is.New(t)
		name := rapid.SampledFrom([]string{"p", "q", "r"})
		path := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		service := rapid.SampledFrom([]string{"web", "db"})
		stacks := map[string]Stack{}
		for range rapid.IntRange(0, 4).Draw(t, "stacks") {
			stack := read(path.Draw(t, "path"), name.Draw(t, "name"), service.Draw(t, "service"))
			switch rapid.IntRange(0, 6).Draw(t, "kind") {
			case 0:
				stack = Stack{Path: stack.Path, Problem: "x"}
			case 1:
				stack = gone(stack.Path)
			case 2:
				stack = gone(stack.Path)
				stack.Held = "held"
			case 3:
				stack.Read.Suspended = true
			case 4:
				stack = changed(stack)
			}
			stacks[stack.Path] = stack
		}
		var containers []Container
		for range rapid.IntRange(0, 6).Draw(t, "containers") {
			c := own(name.Draw(t, "project"), service.Draw(t, "service"), path.Draw(t, "stack"))
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				c = byHand(c.Project, c.Service)
			case 1:
				c.Owner = "/srv/other"
			case 2:
				c.Self = true
			}
			containers = append(containers, c)
		}
		var all []Stack
		for _, stack := range stacks {
			all = append(all, stack)
		}
		running := projects(containers)
		holders, first := map[string]string{}, map[string]int{}
		for _, step := range Make(all, containers, owner) {
			stack := stacks[step.Stack]
			is.True(step.Reason != "") // each step says why
			if step.Stack != "" && (stack.Read == nil || step.Project == stack.Read.Project) {
				first[step.Stack]++
			}
			switch step.Action {
			case Create, Change, Recreate:
				is.Equal(holders[step.Project], "") // one stack has the name
				holders[step.Project] = step.Stack
				is.True(!stack.Deleting && stack.Problem == "" && !stack.Read.Suspended)
				is.Equal(running[step.Project].foreign(owner), "")
				is.True(!running[step.Project].isSelf())
			case Remove:
				is.Equal(stack.Held, "")
				is.True(!running[step.Project].isSelf())
				owns := false
				for _, c := range running[step.Project].containers {
					owns = owns || c.Owner == owner && c.Stack == step.Stack
				}
				is.True(owns)
			}
		}
		for path := range stacks {
			is.Equal(first[path], 1) // each stack has one step of its own
		}
	})
}

package dockertarget

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"mooring/dockertarget/plan"
)

// Proposal is what would be done.
type Proposal struct {
	// Revision is the commit that it was made from.
	Revision string `json:"revision"`
	// Engine is the one that was asked.
	Engine Engine `json:"engine"`
	// Steps are what would be done, sorted by the paths of the stacks. They are never nil.
	Steps []plan.Step `json:"steps"`
}

// Engine tells which engine a proposal was made for.
type Engine struct {
	// Name and Version are the engine's own; empty if it has given no answer.
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	// Problem says why it has given no answer; empty if it has.
	Problem string `json:"problem,omitempty"`
}

// JSON is the proposal for programs, with a newline at its end.
func (p Proposal) JSON() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(p)
	return text.Bytes(), err
}

// Table is the proposal for people.
func (p Proposal) Table() ([]byte, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, "Git is at %s. %s\n\n", p.Revision, p.Engine.sentence())
	if len(p.Steps) == 0 {
		text.WriteString("There is no stack, and nothing to do.\n")
		return text.Bytes(), nil
	}
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STACK\tPROJECT\tACTION\tWHY")
	for _, step := range p.Steps {
		why := step.Reason
		if len(step.Services) > 0 {
			why += " (" + strings.Join(step.Services, ", ") + ")"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", orDash(step.Stack), orDash(step.Project), step.Action, why)
	}
	if err := table.Flush(); err != nil {
		return nil, err
	}
	fmt.Fprintf(&text, "\n%s. Nothing was changed.\n", p.sum())
	return text.Bytes(), nil
}

func (e Engine) sentence() string {
	if e.Problem != "" {
		return "No engine was asked, so this is as if nothing ran: see standard error."
	}
	return fmt.Sprintf("The Docker Engine is %s, version %s.", e.Name, e.Version)
}

// orDash shows that a column is empty.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// sum says how many steps there are of each kind.
func (p Proposal) sum() string {
	var parts []string
	for _, action := range []plan.Action{
		plan.Create, plan.Change, plan.Recreate, plan.Remove, plan.Forget, plan.Refuse, plan.Leave,
	} {
		count := 0
		for _, step := range p.Steps {
			if step.Action == action {
				count++
			}
		}
		if count > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", action, count))
		}
	}
	return strings.Join(parts, ", ")
}

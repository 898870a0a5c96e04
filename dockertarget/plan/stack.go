package plan

import "mooring/dockertarget/inputs"

// Stack is a stack of the desired state, and what is known about it.
type Stack struct {
	// Path is the stack's path in the repository.
	Path string
	// Read is what its files say. It is nil if Problem says why they cannot be read, or if the stack is no longer in Git.
	Read *inputs.Stack
	// Problem is a sentence that says why the stack cannot be applied; empty if it can.
	Problem string
	// Deleting tells that the stack is no longer in Git, and that what runs of it is to be removed.
	Deleting bool
	// Held is a sentence that says why nothing may be removed although the stack is no longer in Git; empty if it may.
	Held string
	// Paused is a sentence that says why the stack is left alone for now; empty if it is not.
	Paused string
	// Applied is the Digest of the inputs that were applied last, or empty if that is not known.
	Applied string
}

// The labels that mooring puts on the containers, networks and volumes of a project.
const (
	// LabelStack is the path of the stack.
	LabelStack = "mooring.stack"
	// LabelOwner is the absolute path of WORK_DIR, which tells two processes on one engine apart.
	LabelOwner = "mooring.owner"
	// LabelUnseen is inputs.Service.Unseen.
	LabelUnseen = "mooring.unseen"
)

// Container is a container of a Compose project.
type Container struct {
	// Project and Service are the names that Compose gave it.
	Project, Service string
	// Stack, Owner and Unseen are the values of mooring's labels; empty if there are none.
	Stack, Owner, Unseen string
	// Once tells that "docker compose run" has started it. Such containers count nowhere.
	Once bool
	// Self tells that this process runs in it.
	Self bool
}

// Action is what a Step does.
type Action string

const (
	// Create starts a stack of which nothing is there.
	Create Action = "create"
	// Change applies a stack whose files or containers have changed. Compose decides which containers it replaces.
	Change Action = "change"
	// Recreate applies a stack and replaces all its containers once, because they have none of this stack's labels.
	Recreate Action = "recreate"
	// Remove takes down what runs of a stack that is no longer in Git, or under a name that it no longer has.
	Remove Action = "remove"
	// Forget drops a stack that is no longer in Git, and takes nothing down.
	Forget Action = "forget"
	// Refuse does nothing until somebody changes something.
	Refuse Action = "refuse"
	// Leave does nothing because nothing is to be done now.
	Leave Action = "leave"
)

// Step is what is to be done with one stack.
type Step struct {
	// Stack is the path of the stack. It is empty for containers of a stack that is not known.
	Stack string `json:"stack"`
	// Project is the name of the Compose project; empty if it is not known.
	Project string `json:"project"`
	// Action is what is done.
	Action Action `json:"action"`
	// Reason is a sentence that says why.
	Reason string `json:"reason"`
	// Services are those that the reason is about, sorted; empty for all of them.
	Services []string `json:"services"`
}

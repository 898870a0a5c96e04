package integration_test

import "time"

// The types of the API (api/openapi.json), written without the service's own types, as in a client. Null becomes the
// zero value here.

type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type refresh struct {
	ID       string    `json:"id"`
	Status   string    `json:"status"`
	Message  string    `json:"message"`
	Trigger  trigger   `json:"trigger"`
	Replaces string    `json:"replaces"`
	Started  time.Time `json:"started_at"`
	Finished time.Time `json:"finished_at"`
	Duration int       `json:"duration_ms"`
	Revision string    `json:"revision"`
	Changes  struct {
		Added   []string `json:"added"`
		Changed []string `json:"changed"`
		Removed []string `json:"removed"`
		Touched []string `json:"touched"`
	} `json:"changes"`
	Error failure `json:"error"`
}

type trigger struct {
	Source   string    `json:"source"`
	Received time.Time `json:"received_at"`
	Sender   string    `json:"sender"`
	Delivery string    `json:"delivery"`
	Expected string    `json:"expected_revision"`
}

type refreshStatus struct {
	Status      string    `json:"status"`
	Revision    string    `json:"revision"`
	RefreshedAt time.Time `json:"refreshed_at"`
	Current     *refresh  `json:"current"`
	Queued      *refresh  `json:"queued"`
	Last        *refresh  `json:"last"`
	LastSuccess *refresh  `json:"last_success"`
	Failures    int       `json:"consecutive_failures"`
	NextPollAt  time.Time `json:"next_poll_at"`
	Source      readFrom  `json:"source"`
}

type refreshes struct {
	Refreshes []refresh `json:"refreshes"`
}

type snapshot struct {
	Revision    string    `json:"revision"`
	RefreshedAt time.Time `json:"refreshed_at"`
	Commit      struct {
		Subject     string    `json:"subject"`
		Author      string    `json:"author"`
		CommittedAt time.Time `json:"committed_at"`
	} `json:"commit"`
	Source  readFrom  `json:"source"`
	Stacks  []stack   `json:"stacks"`
	Skipped []skipped `json:"skipped"`
	Hints   []string  `json:"hints"`
}

// readFrom is the shape that openapi.json calls Source.
type readFrom struct {
	URL          string   `json:"url"`
	Ref          string   `json:"ref"`
	DeployDir    string   `json:"deploy_dir"`
	ComposeFiles []string `json:"compose_files"`
}

type stack struct {
	Path            string    `json:"path"`
	ComposeFile     string    `json:"compose_file"`
	Hash            string    `json:"hash"`
	Tree            string    `json:"tree"`
	Status          string    `json:"status"`
	StatusChangedAt time.Time `json:"status_changed_at"`
	AppliedHash     string    `json:"applied_hash"`
	AppliedTree     string    `json:"applied_tree"`
	InSync          bool      `json:"in_sync"`
	Held            string    `json:"held"`
	Target          string    `json:"target"`
	LastSync        attempt   `json:"last_sync"`
}

// attempt is the shape that openapi.json calls Sync.
type attempt struct {
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Outcome    string    `json:"outcome"`
	Message    string    `json:"message"`
	Revision   string    `json:"revision"`
	Hash       string    `json:"hash"`
	Target     string    `json:"target"`
}

type skipped struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// paths returns the paths of the stacks in their order.
func (s snapshot) paths() []string {
	paths := make([]string, 0, len(s.Stacks))
	for _, stack := range s.Stacks {
		paths = append(paths, stack.Path)
	}
	return paths
}

// at returns the stack at a path, or the zero stack if there is none.
func (s snapshot) at(path string) stack {
	for _, stack := range s.Stacks {
		if stack.Path == path {
			return stack
		}
	}
	return stack{}
}

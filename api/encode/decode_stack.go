package encode

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"mooring/actors"
	"mooring/hashing"
)

// stackShape is a stack, for reading. An older version wrote none of the members that are pointers, but for AppliedHash.
type stackShape struct {
	Path            string        `json:"path"`
	ComposeFile     string        `json:"compose_file"`
	Hash            string        `json:"hash"`
	Tree            *string       `json:"tree"`
	Status          actors.Status `json:"status"`
	StatusChangedAt time.Time     `json:"status_changed_at"`
	AppliedHash     *string       `json:"applied_hash"`
	AppliedTree     *string       `json:"applied_tree"`
	InSync          bool          `json:"in_sync"`
	Held            *string       `json:"held"`
	Target          *string       `json:"target"`
	LastSync        *syncShape    `json:"last_sync"`
}

type syncShape struct {
	StartedAt  time.Time      `json:"started_at"`
	FinishedAt time.Time      `json:"finished_at"`
	Outcome    actors.Outcome `json:"outcome"`
	Message    string         `json:"message"`
	Revision   string         `json:"revision"`
	Hash       string         `json:"hash"`
	Target     string         `json:"target"`
}

// decodeStacks returns the stacks of shapes, or an error that names the stack and the member that is wrong. Stacks that
// are held for one reason share the hold.
func decodeStacks(shapes []stackShape) ([]actors.Stack, error) {
	stacks, holds := make([]actors.Stack, 0, len(shapes)), make(map[string]*actors.Hold)
	for i, shape := range shapes {
		stack, err := shape.stack()
		if err == nil && shape.Held != nil {
			stack.Hold, err = decodeHold(*shape.Held, stack.Status, holds)
		}
		if err != nil {
			return nil, fmt.Errorf("stack %q: %w", shape.Path, err)
		}
		if i > 0 && stacks[i-1].Path >= stack.Path {
			return nil, fmt.Errorf("stack %q is out of order: stacks must be sorted by path", shape.Path)
		}
		stacks = append(stacks, stack)
	}
	return stacks, nil
}

func decodeHold(reason string, status actors.Status, holds map[string]*actors.Hold) (*actors.Hold, error) {
	if reason == "" || status == actors.Deleting {
		return nil, errors.New("it is held without a reason, or held and deleting")
	}
	if holds[reason] == nil {
		holds[reason] = &actors.Hold{Reason: reason}
	}
	return holds[reason], nil
}

// stack returns the stack of a shape, or an error that says which member is wrong.
func (s stackShape) stack() (actors.Stack, error) {
	statuses := []actors.Status{actors.Missing, actors.Syncing, actors.Synced, actors.Deleting}
	tree, isTree := DecodeTree(textOf(s.Tree))
	switch {
	case !fs.ValidPath(s.Path) || strings.ContainsFunc(s.Path, isControl):
		return actors.Stack{}, errors.New("the path is not a path inside a repository")
	case s.ComposeFile == "." || strings.Contains(s.ComposeFile, "/") || !fs.ValidPath(s.ComposeFile):
		return actors.Stack{}, errors.New("compose_file is not a file name")
	case !hashing.Valid(s.Hash):
		return actors.Stack{}, errors.New("the hash is malformed")
	case s.Tree != nil && !isTree:
		return actors.Stack{}, errors.New("the tree is malformed")
	case !slices.Contains(statuses, s.Status):
		return actors.Stack{}, errors.New("the status is unknown")
	case s.StatusChangedAt.IsZero():
		return actors.Stack{}, errors.New("status_changed_at is missing")
	case s.AppliedHash != nil && !hashing.Valid(*s.AppliedHash):
		return actors.Stack{}, errors.New("applied_hash is malformed")
	case s.AppliedHash == nil && s.Status == actors.Synced:
		return actors.Stack{}, errors.New("it is synced, but applied_hash is missing")
	}
	stack := actors.Stack{
		DesiredStack:    &actors.DesiredStack{Path: s.Path, ComposeFile: s.ComposeFile, Hash: s.Hash, Tree: tree},
		Status:          s.Status,
		StatusChangedAt: s.StatusChangedAt,
		AppliedHash:     textOf(s.AppliedHash),
	}
	if stack.InSync() != s.InSync {
		return actors.Stack{}, errors.New("in_sync does not follow from the status and the hashes")
	}
	var err error
	stack.Deployment, err = s.deployment()
	return stack, err
}

// deployment returns what deployers told of a stack, or nil if they told nothing.
func (s stackShape) deployment() (*actors.Deployment, error) {
	if s.AppliedTree == nil && s.Target == nil && s.LastSync == nil {
		return nil, nil
	}
	told := actors.Deployment{Target: textOf(s.Target)}
	if s.AppliedTree != nil {
		tree, isTree := DecodeTree(*s.AppliedTree)
		if !isTree {
			return nil, errors.New("applied_tree is malformed")
		}
		told.AppliedTree = tree
	}
	if s.LastSync != nil {
		told.LastSync = actors.Sync(*s.LastSync)
		outcomes := []actors.Outcome{"", actors.SyncDone, actors.SyncFailed}
		switch {
		case told.LastSync.StartedAt.IsZero():
			return nil, errors.New("last_sync has no started_at")
		case !slices.Contains(outcomes, told.LastSync.Outcome):
			return nil, errors.New("the outcome of last_sync is unknown")
		case told.LastSync.Outcome != "" && told.LastSync.FinishedAt.IsZero():
			return nil, errors.New("last_sync has an outcome and no finished_at")
		}
	}
	return &told, nil
}

// DecodeTree reads the digits of a tree's id, as git prints it in SHA-1 or SHA-256. It returns false for any other text.
func DecodeTree(digits string) (actors.Tree, bool) {
	if !IsRevision(digits) {
		return "", false
	}
	id, err := hex.DecodeString(digits)
	return actors.Tree(id), err == nil
}

// textOf returns a text that may be missing.
func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

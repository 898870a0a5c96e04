package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"mooring/actors"
	"mooring/hashing"
)

// snapshotJSON is a Snapshot as EncodeSnapshot writes it. What null stands for is told from what is absent by the
// checks of each field.
type snapshotJSON struct {
	Revision    *string       `json:"revision"`
	RefreshedAt *time.Time    `json:"refreshed_at"`
	Stacks      []stackJSON   `json:"stacks"`
	Skipped     []skippedJSON `json:"skipped"`
}

type stackJSON struct {
	Path            string        `json:"path"`
	ComposeFile     string        `json:"compose_file"`
	Hash            string        `json:"hash"`
	Status          actors.Status `json:"status"`
	StatusChangedAt time.Time     `json:"status_changed_at"`
	AppliedHash     *string       `json:"applied_hash"`
	InSync          bool          `json:"in_sync"`
}

type skippedJSON struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// DecodeSnapshot reads what EncodeSnapshot wrote. The error tells in what the content is no snapshot: whatever a
// process could not have written is refused, since a state that was made up would be served as if Git had said so.
// Members that are not known are passed over, so that an older version can follow a newer one. The Version is zero.
func DecodeSnapshot(content []byte) (actors.Snapshot, error) {
	var decoded snapshotJSON
	if err := json.Unmarshal(content, &decoded); err != nil {
		return actors.Snapshot{}, fmt.Errorf("decode the snapshot: %w", err)
	}
	if decoded.Stacks == nil || decoded.Skipped == nil {
		return actors.Snapshot{}, errors.New("decode the snapshot: it has no list of stacks or none of what is skipped")
	}
	snapshot := actors.Snapshot{Stacks: make([]actors.Stack, 0, len(decoded.Stacks))}
	if decoded.Revision != nil {
		snapshot.Revision = *decoded.Revision
		if !isRevision(snapshot.Revision) {
			return actors.Snapshot{}, errors.New("decode the snapshot: its revision is not a commit id")
		}
	}
	if decoded.RefreshedAt != nil {
		snapshot.ChangedAt = *decoded.RefreshedAt
	}
	if (snapshot.Revision == "") != snapshot.ChangedAt.IsZero() {
		return actors.Snapshot{}, errors.New("decode the snapshot: it has a revision without a time or the reverse")
	}
	for i, s := range decoded.Stacks {
		stack, err := s.stack()
		if err != nil {
			return actors.Snapshot{}, fmt.Errorf("decode the snapshot: stack %q: %w", s.Path, err)
		}
		if i > 0 && snapshot.Stacks[i-1].Path >= stack.Path {
			return actors.Snapshot{}, fmt.Errorf("decode the snapshot: stack %q is not in its place", s.Path)
		}
		snapshot.Stacks = append(snapshot.Stacks, stack)
	}
	if snapshot.Revision == "" && len(snapshot.Stacks) > 0 {
		return actors.Snapshot{}, errors.New("decode the snapshot: it has stacks of no revision")
	}
	for _, s := range decoded.Skipped {
		if s.Path == "" || s.Reason == "" {
			return actors.Snapshot{}, errors.New("decode the snapshot: something is skipped without a path or a reason")
		}
		snapshot.Skipped = append(snapshot.Skipped, actors.Skipped(s))
	}
	return snapshot, nil
}

// stack returns the stack, or what it cannot be like.
func (s stackJSON) stack() (actors.Stack, error) {
	statuses := []actors.Status{actors.Missing, actors.Syncing, actors.Synced, actors.Deleting}
	switch {
	case !fs.ValidPath(s.Path) || strings.ContainsFunc(s.Path, isControl):
		return actors.Stack{}, errors.New("the path is not one inside a repository")
	case s.ComposeFile == "." || strings.Contains(s.ComposeFile, "/") || !fs.ValidPath(s.ComposeFile):
		return actors.Stack{}, errors.New("compose_file is not a file name")
	case !hashing.Valid(s.Hash):
		return actors.Stack{}, errors.New("the hash is malformed")
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
		DesiredStack:    actors.DesiredStack{Path: s.Path, ComposeFile: s.ComposeFile, Hash: s.Hash},
		Status:          s.Status,
		StatusChangedAt: s.StatusChangedAt,
	}
	if s.AppliedHash != nil {
		stack.AppliedHash = *s.AppliedHash
	}
	if stack.InSync() != s.InSync {
		return actors.Stack{}, errors.New("in_sync is not what status and hashes say")
	}
	return stack, nil
}

// isRevision tells whether text is a full commit id as Git prints it, in SHA-1 or SHA-256.
func isRevision(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

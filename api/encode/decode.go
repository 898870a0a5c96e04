package encode

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

// The shapes of a snapshot, for reading. Snapshot writes the same members.

type snapshotShape struct {
	Revision    *string        `json:"revision"`
	RefreshedAt *time.Time     `json:"refreshed_at"`
	Stacks      []stackShape   `json:"stacks"`
	Skipped     []skippedShape `json:"skipped"`
}

type stackShape struct {
	Path            string        `json:"path"`
	ComposeFile     string        `json:"compose_file"`
	Hash            string        `json:"hash"`
	Status          actors.Status `json:"status"`
	StatusChangedAt time.Time     `json:"status_changed_at"`
	AppliedHash     *string       `json:"applied_hash"`
	InSync          bool          `json:"in_sync"`
}

type skippedShape struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// DecodeSnapshot reads what Snapshot wrote. It refuses what this program could not have written, because the service
// serves the result as the state of Git; the error says what is wrong. It skips unknown members, so that an older
// version can read the file of a newer one. The Version of the result is zero.
func DecodeSnapshot(content []byte) (actors.Snapshot, error) {
	snapshot, err := decodeSnapshot(content)
	if err != nil {
		return actors.Snapshot{}, fmt.Errorf("decode the snapshot: %w", err)
	}
	return snapshot, nil
}

func decodeSnapshot(content []byte) (actors.Snapshot, error) {
	var decoded snapshotShape
	var snapshot actors.Snapshot
	if err := json.Unmarshal(content, &decoded); err != nil {
		return snapshot, err
	}
	// A member that is null and a member that is missing look the same here. Both are refused if a value is needed.
	if decoded.Stacks == nil || decoded.Skipped == nil {
		return snapshot, errors.New("stacks or skipped is missing")
	}
	if (decoded.Revision == nil) != (decoded.RefreshedAt == nil) {
		return snapshot, errors.New("it has a revision without a time, or a time without a revision")
	}
	if decoded.Revision != nil {
		snapshot.Revision, snapshot.ChangedAt = *decoded.Revision, *decoded.RefreshedAt
		if !isRevision(snapshot.Revision) || snapshot.ChangedAt.IsZero() {
			return snapshot, errors.New("its revision is not a full commit id, or its time is the zero time")
		}
	}
	if decoded.Revision == nil && len(decoded.Stacks) > 0 {
		return snapshot, errors.New("it has stacks and no revision")
	}
	snapshot.Stacks = make([]actors.Stack, 0, len(decoded.Stacks))
	for i, shape := range decoded.Stacks {
		stack, err := shape.stack()
		if err != nil {
			return snapshot, fmt.Errorf("stack %q: %w", shape.Path, err)
		}
		if i > 0 && snapshot.Stacks[i-1].Path >= stack.Path {
			return snapshot, fmt.Errorf("stack %q is out of order: stacks must be sorted by path", shape.Path)
		}
		snapshot.Stacks = append(snapshot.Stacks, stack)
	}
	for _, shape := range decoded.Skipped {
		if shape.Path == "" || shape.Reason == "" {
			return snapshot, errors.New("a skipped file has no path or no reason")
		}
		snapshot.Skipped = append(snapshot.Skipped, actors.Skipped(shape))
	}
	return snapshot, nil
}

// stack returns the stack of a shape, or an error that says which member is wrong.
func (s stackShape) stack() (actors.Stack, error) {
	statuses := []actors.Status{actors.Missing, actors.Syncing, actors.Synced, actors.Deleting}
	switch {
	case !fs.ValidPath(s.Path) || strings.ContainsFunc(s.Path, isControl):
		return actors.Stack{}, errors.New("the path is not a path inside a repository")
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
		return actors.Stack{}, errors.New("in_sync does not follow from the status and the hashes")
	}
	return stack, nil
}

// isRevision tells whether text is a full commit id as Git prints it, in SHA-1 or SHA-256.
func isRevision(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

package encode

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"mooring/actors"
)

// The shapes of a snapshot, for reading. Snapshot writes the same members. An older version wrote no commit, source and
// hints.

type snapshotShape struct {
	Revision    *string        `json:"revision"`
	RefreshedAt *time.Time     `json:"refreshed_at"`
	Commit      *commitShape   `json:"commit"`
	Source      *sourceShape   `json:"source"`
	Stacks      []stackShape   `json:"stacks"`
	Skipped     []skippedShape `json:"skipped"`
	Hints       []string       `json:"hints"`
}

type commitShape struct {
	Subject     string    `json:"subject"`
	Author      string    `json:"author"`
	CommittedAt time.Time `json:"committed_at"`
}

type sourceShape struct {
	URL          string   `json:"url"`
	Ref          string   `json:"ref"`
	DeployDir    string   `json:"deploy_dir"`
	ComposeFiles []string `json:"compose_files"`
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
		if !IsRevision(snapshot.Revision) || snapshot.ChangedAt.IsZero() {
			return snapshot, errors.New("its revision is not a full commit id, or its time is the zero time")
		}
	}
	if decoded.Revision == nil && len(decoded.Stacks) > 0 {
		return snapshot, errors.New("it has stacks and no revision")
	}
	if decoded.Commit != nil {
		snapshot.Commit = actors.Commit(*decoded.Commit)
		if snapshot.Commit.CommittedAt.IsZero() {
			return snapshot, errors.New("its commit has no time")
		}
	}
	if s := decoded.Source; s != nil {
		snapshot.Origin = actors.Origin{
			URL: s.URL, Ref: s.Ref, DeployDir: s.DeployDir, ComposeFiles: strings.Join(s.ComposeFiles, ","),
		}
	}
	var err error
	if snapshot.Stacks, err = decodeStacks(decoded.Stacks); err != nil {
		return snapshot, err
	}
	for _, shape := range decoded.Skipped {
		if shape.Path == "" || shape.Reason == "" {
			return snapshot, errors.New("a skipped file has no path or no reason")
		}
		snapshot.Skipped = append(snapshot.Skipped, actors.Skipped(shape))
	}
	if len(decoded.Hints) > 0 {
		snapshot.Hints = decoded.Hints
	}
	return snapshot, nil
}

// IsRevision tells whether text is a full commit id as Git prints it, in SHA-1 or SHA-256.
func IsRevision(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

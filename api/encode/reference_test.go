package encode

import (
	"time"

	"mooring/actors"
)

// The tests compare what is written by hand with what encoding/json writes from these shapes, which are openapi.json's.
// A pointer without omitempty is null if there is no value; a member with omitempty is left out.

type refreshShape struct {
	ID         string        `json:"id"`
	Status     actors.Phase  `json:"status"`
	Message    string        `json:"message"`
	Trigger    triggerShape  `json:"trigger"`
	Replaces   string        `json:"replaces,omitempty"`
	StartedAt  string        `json:"started_at,omitempty"`
	FinishedAt string        `json:"finished_at,omitempty"`
	DurationMS *int64        `json:"duration_ms,omitempty"`
	Revision   string        `json:"revision,omitempty"`
	Changes    *changesShape `json:"changes,omitempty"`
	Error      *errorShape   `json:"error,omitempty"`
}

type triggerShape struct {
	Source     actors.TriggerSource `json:"source"`
	ReceivedAt string               `json:"received_at"`
	Sender     string               `json:"sender,omitempty"`
	Delivery   string               `json:"delivery,omitempty"`
	Expected   string               `json:"expected_revision,omitempty"`
}

type changesShape struct {
	Added   []string `json:"added"`
	Changed []string `json:"changed"`
	Removed []string `json:"removed"`
	Touched []string `json:"touched"`
}

type statusShape struct {
	Status      actors.Phase  `json:"status"`
	Revision    *string       `json:"revision"`
	RefreshedAt *string       `json:"refreshed_at"`
	Current     *refreshShape `json:"current"`
	Queued      *refreshShape `json:"queued"`
	Last        *refreshShape `json:"last"`
	LastSuccess *refreshShape `json:"last_success"`
	Failures    int           `json:"consecutive_failures"`
	NextPollAt  *string       `json:"next_poll_at"`
	Source      sourceShape   `json:"source"`
}

// reflected encodes a snapshot by encoding/json.
func reflected(snapshot actors.Snapshot) []byte {
	type stack struct {
		Path            string        `json:"path"`
		ComposeFile     string        `json:"compose_file"`
		Hash            string        `json:"hash"`
		Tree            *string       `json:"tree"`
		Status          actors.Status `json:"status"`
		StatusChangedAt string        `json:"status_changed_at"`
		AppliedHash     *string       `json:"applied_hash"`
		AppliedTree     string        `json:"applied_tree,omitempty"`
		InSync          bool          `json:"in_sync"`
		Held            *string       `json:"held,omitempty"`
		Target          string        `json:"target,omitempty"`
		LastSync        *syncWritten  `json:"last_sync,omitempty"`
	}
	shape := struct {
		Revision    *string        `json:"revision"`
		RefreshedAt *string        `json:"refreshed_at"`
		Commit      *commitWritten `json:"commit"`
		Source      sourceShape    `json:"source"`
		Stacks      []stack        `json:"stacks"`
		Skipped     []skippedShape `json:"skipped"`
		Hints       []string       `json:"hints"`
	}{
		textOrNull(snapshot.Revision), textOrNull(timeIfSet(snapshot.ChangedAt)),
		nil, shapeOrigin(snapshot.Origin),
		make([]stack, len(snapshot.Stacks)), make([]skippedShape, len(snapshot.Skipped)), list(snapshot.Hints),
	}
	if c := snapshot.Commit; !c.CommittedAt.IsZero() {
		shape.Commit = &commitWritten{c.Subject, c.Author, written(c.CommittedAt)}
	}
	for i, s := range snapshot.Stacks {
		shape.Stacks[i] = stack{
			Path: s.Path, ComposeFile: s.ComposeFile, Hash: s.Hash, Tree: textOrNull(s.Tree.String()), Status: s.Status,
			StatusChangedAt: written(s.StatusChangedAt), AppliedHash: textOrNull(s.AppliedHash),
			AppliedTree: s.Told().AppliedTree.String(), InSync: s.InSync(), Target: s.Told().Target,
			LastSync: shapeSync(s.Told().LastSync),
		}
		if s.Hold != nil {
			shape.Stacks[i].Held = &s.Hold.Reason
		}
	}
	for i, s := range snapshot.Skipped {
		shape.Skipped[i] = skippedShape(s)
	}
	return body(shape)
}

// The shapes that are written in another way than they are read.

type commitWritten struct {
	Subject     string `json:"subject"`
	Author      string `json:"author"`
	CommittedAt string `json:"committed_at"`
}

type syncWritten struct {
	StartedAt  string         `json:"started_at"`
	FinishedAt string         `json:"finished_at,omitempty"`
	Outcome    actors.Outcome `json:"outcome,omitempty"`
	Message    string         `json:"message,omitempty"`
	Revision   string         `json:"revision,omitempty"`
	Hash       string         `json:"hash,omitempty"`
	Target     string         `json:"target,omitempty"`
}

// shapeSync returns nil for the zero attempt.
func shapeSync(s actors.Sync) *syncWritten {
	if s.StartedAt.IsZero() {
		return nil
	}
	return &syncWritten{
		written(s.StartedAt), timeIfSet(s.FinishedAt), s.Outcome, s.Message, s.Revision, s.Hash, s.Target,
	}
}

func shapeOrigin(o actors.Origin) sourceShape {
	return sourceShape{o.URL, o.Ref, o.DeployDir, list(composeFiles(o))}
}

// reflectedRefresh encodes a Refresh by encoding/json.
func reflectedRefresh(r actors.Refresh) []byte { return body(shapeRefresh(r)) }

// reflectedStatus encodes a RefreshStatus by encoding/json.
func reflectedStatus(view actors.View) []byte {
	current, _ := view.Current()
	queued, _ := view.Queued()
	last, _ := view.Last()
	return body(statusShape{
		Status:      overallStatus(current, last),
		Revision:    textOrNull(view.Snapshot.Revision),
		RefreshedAt: textOrNull(timeIfSet(view.LastSuccess.FinishedAt)),
		Current:     refreshOrNull(current),
		Queued:      refreshOrNull(queued),
		Last:        refreshOrNull(last),
		LastSuccess: refreshOrNull(view.LastSuccess),
		Failures:    view.Failures,
		NextPollAt:  textOrNull(timeIfSet(view.NextAttempt)),
		Source:      shapeOrigin(view.Origin),
	})
}

func shapeRefresh(r actors.Refresh) refreshShape {
	shape := refreshShape{
		ID:      r.ID,
		Status:  r.Phase,
		Message: message(r),
		Trigger: triggerShape{
			Source:     r.Trigger.Source,
			ReceivedAt: written(r.Trigger.ReceivedAt),
			Sender:     r.Trigger.Sender,
			Delivery:   r.Trigger.Delivery,
			Expected:   r.Trigger.Expected,
		},
		Replaces:   r.Replaces,
		StartedAt:  timeIfSet(r.StartedAt),
		FinishedAt: timeIfSet(r.FinishedAt),
		Revision:   r.Revision,
	}
	if r.Ended() {
		ms := r.Duration.Milliseconds()
		shape.DurationMS = &ms
	}
	if r.Phase == actors.Completed {
		shape.Changes = &changesShape{
			list(r.Changes.Added), list(r.Changes.Changed), list(r.Changes.Removed), list(r.Changes.Touched),
		}
	}
	if r.Failure != nil {
		shape.Error = &errorShape{string(r.Failure.Code), r.Failure.Message}
	}
	return shape
}

// refreshOrNull returns nil for the zero refresh.
func refreshOrNull(r actors.Refresh) *refreshShape {
	if r.ID == "" {
		return nil
	}
	shape := shapeRefresh(r)
	return &shape
}

// list returns a list that is [] in JSON if it is empty.
func list(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

// written is a time as the API writes it.
func written(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// timeIfSet returns a time as the API writes it, or an empty text for the zero time.
func timeIfSet(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return written(t)
}

// textOrNull returns nil for an empty text.
func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

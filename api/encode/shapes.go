package encode

import (
	"encoding/json"
	"fmt"
	"time"

	"mooring/actors"
)

// The shapes of openapi.json. A pointer without omitempty is null where there is no value; with omitempty or omitzero
// the member is left out.

type snapshotShape struct {
	Revision    *string        `json:"revision"`
	RefreshedAt *moment        `json:"refreshed_at"`
	Stacks      []stackShape   `json:"stacks"`
	Skipped     []skippedShape `json:"skipped"`
}

type stackShape struct {
	Path            string        `json:"path"`
	ComposeFile     string        `json:"compose_file"`
	Hash            string        `json:"hash"`
	Status          actors.Status `json:"status"`
	StatusChangedAt moment        `json:"status_changed_at"`
	AppliedHash     *string       `json:"applied_hash"`
	InSync          bool          `json:"in_sync"`
}

type skippedShape struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

type refreshShape struct {
	ID         string        `json:"id"`
	Status     actors.Phase  `json:"status"`
	Message    string        `json:"message"`
	Trigger    triggerShape  `json:"trigger"`
	Replaces   string        `json:"replaces,omitempty"`
	StartedAt  moment        `json:"started_at,omitzero"`
	FinishedAt moment        `json:"finished_at,omitzero"`
	DurationMS *int64        `json:"duration_ms,omitempty"`
	Revision   string        `json:"revision,omitempty"`
	Changes    *changesShape `json:"changes,omitempty"`
	Error      *errorShape   `json:"error,omitempty"`
}

type triggerShape struct {
	Source     actors.TriggerSource `json:"source"`
	ReceivedAt moment               `json:"received_at"`
	Delivery   string               `json:"delivery,omitempty"`
	Expected   string               `json:"expected_revision,omitempty"`
}

type changesShape struct {
	Added   []string `json:"added"`
	Changed []string `json:"changed"`
	Removed []string `json:"removed"`
}

type errorShape struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type statusShape struct {
	Status      actors.Phase  `json:"status"`
	Revision    *string       `json:"revision"`
	RefreshedAt *moment       `json:"refreshed_at"`
	Current     *refreshShape `json:"current"`
	Queued      *refreshShape `json:"queued"`
	Last        *refreshShape `json:"last"`
	LastSuccess *refreshShape `json:"last_success"`
	Failures    int           `json:"consecutive_failures"`
	NextPollAt  *moment       `json:"next_poll_at"`
}

// moment is a time as the API writes it.
type moment struct{ time.Time }

// MarshalJSON implements json.Marshaler. Reading is time.Time's own: it takes any RFC 3339.
func (m moment) MarshalJSON() ([]byte, error) { return appendTime(nil, "", m.Time), nil }

// momentOrNull returns nil for the zero time.
func momentOrNull(t time.Time) *moment {
	if t.IsZero() {
		return nil
	}
	return &moment{t}
}

// textOrNull returns nil for an empty text.
func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// list returns a list that is [] in JSON where there is nothing.
func list(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

// body returns a shape in JSON.
func body(shape any) []byte {
	encoded, err := json.Marshal(shape)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", shape, err)) // the shapes hold nothing that JSON does not have
	}
	return append(encoded, '\n')
}

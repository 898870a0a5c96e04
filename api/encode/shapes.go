package encode

import (
	"encoding/json"
	"fmt"
	"time"

	"mooring/actors"
)

// The shapes of openapi.json. A pointer without omitempty is null where there is no value; a member with omitempty is
// left out. Times that are only written are text: see Time.

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
	RefreshedAt *string       `json:"refreshed_at"`
	Current     *refreshShape `json:"current"`
	Queued      *refreshShape `json:"queued"`
	Last        *refreshShape `json:"last"`
	LastSuccess *refreshShape `json:"last_success"`
	Failures    int           `json:"consecutive_failures"`
	NextPollAt  *string       `json:"next_poll_at"`
}

// timeIfSet returns a time as the API writes it, or an empty text for the zero time.
func timeIfSet(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return Time(t)
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

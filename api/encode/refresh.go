package encode

import (
	"fmt"
	"strconv"
	"time"

	"mooring/actors"
)

// Refresh returns one refresh as it stands.
func Refresh(r actors.Refresh) []byte {
	return append(appendRefresh(make([]byte, 0, roughSize(r)), r), '\n')
}

// Refreshes returns the list of GET /api/v1/refreshes, in the order given.
func Refreshes(refreshes []actors.Refresh) []byte {
	b := make([]byte, 0, roughSize(refreshes...))
	b = appendList(b, `{"refreshes":`, refreshes, appendRefresh)
	return append(b, "}\n"...)
}

// RefreshStatus returns the answer of GET /api/v1/refresh: the state of the refreshes.
func RefreshStatus(view actors.View) []byte {
	current, _ := view.Current()
	queued, _ := view.Queued()
	last, _ := view.Last()
	b := make([]byte, 0, roughSize(current, queued, last, view.LastSuccess))
	b = appendText(b, `{"status":`, string(overallStatus(current, last)))
	b = appendTextOrNull(b, `,"revision":`, view.Snapshot.Revision)
	b = appendTimeOrNull(b, `,"refreshed_at":`, view.LastSuccess.FinishedAt)
	b = appendRefreshOrNull(b, `,"current":`, current)
	b = appendRefreshOrNull(b, `,"queued":`, queued)
	b = appendRefreshOrNull(b, `,"last":`, last)
	b = appendRefreshOrNull(b, `,"last_success":`, view.LastSuccess)
	b = append(b, `,"consecutive_failures":`...)
	b = strconv.AppendInt(b, int64(view.Failures), 10)
	b = appendTimeOrNull(b, `,"next_poll_at":`, view.NextAttempt)
	b = appendOrigin(b, view.Origin)
	return append(b, "}\n"...)
}

// overallStatus is refreshing while a refresh runs, and otherwise the phase in which the last one ended. Before the
// first one it is refreshing too, because every start begins with a refresh.
func overallStatus(current, last actors.Refresh) actors.Phase {
	if current.ID != "" || last.ID == "" {
		return actors.Refreshing
	}
	return last.Phase
}

// roughSize estimates how many bytes refreshes take in JSON.
func roughSize(refreshes ...actors.Refresh) int {
	const around, each, path = 256, 448, 64
	size := around
	for _, r := range refreshes {
		if r.ID != "" {
			size += each
		}
		size += path * r.Changes.Count()
	}
	return size
}

func appendRefresh(b []byte, r actors.Refresh) []byte {
	b = appendText(b, `{"id":`, r.ID)
	b = appendText(b, `,"status":`, string(r.Phase))
	b = appendText(b, `,"message":`, message(r))
	b = appendTrigger(b, r.Trigger)
	b = appendTextIfSet(b, `,"replaces":`, r.Replaces)
	b = appendTimeIfSet(b, `,"started_at":`, r.StartedAt)
	b = appendTimeIfSet(b, `,"finished_at":`, r.FinishedAt)
	if r.Ended() {
		b = append(b, `,"duration_ms":`...)
		b = strconv.AppendInt(b, r.Duration.Milliseconds(), 10)
	}
	b = appendTextIfSet(b, `,"revision":`, r.Revision)
	if r.Phase == actors.Completed {
		b = appendList(b, `,"changes":{"added":`, r.Changes.Added, appendString)
		b = appendList(b, `,"changed":`, r.Changes.Changed, appendString)
		b = appendList(b, `,"removed":`, r.Changes.Removed, appendString)
		b = appendList(b, `,"touched":`, r.Changes.Touched, appendString)
		b = append(b, '}')
	}
	if r.Failure != nil {
		b = appendText(b, `,"error":{"code":`, string(r.Failure.Code))
		b = appendText(b, `,"message":`, r.Failure.Message)
		b = append(b, '}')
	}
	return append(b, '}')
}

// appendRefreshOrNull appends a literal and then a refresh, or null for the zero refresh.
func appendRefreshOrNull(b []byte, literal string, r actors.Refresh) []byte {
	b = append(b, literal...)
	if r.ID == "" {
		return append(b, "null"...)
	}
	return appendRefresh(b, r)
}

func appendTrigger(b []byte, t actors.Trigger) []byte {
	b = appendText(b, `,"trigger":{"source":`, string(t.Source))
	b = appendTime(b, `,"received_at":`, t.ReceivedAt)
	b = appendTextIfSet(b, `,"sender":`, t.Sender)
	b = appendTextIfSet(b, `,"delivery":`, t.Delivery)
	b = appendTextIfSet(b, `,"expected_revision":`, t.Expected)
	return append(b, '}')
}

// appendTextIfSet appends a literal and then a JSON string, or nothing for an empty text.
func appendTextIfSet(b []byte, literal, text string) []byte {
	if text == "" {
		return b
	}
	return appendText(b, literal, text)
}

// appendTimeIfSet appends a literal and then a time in quotes, or nothing for the zero time.
func appendTimeIfSet(b []byte, literal string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return appendTime(b, literal, t)
}

// message is a sentence for people about the phase of a refresh.
func message(r actors.Refresh) string {
	c := r.Changes
	switch {
	case r.Phase == actors.Queued:
		return "a refresh is already running; this one is queued"
	case r.Phase == actors.Refreshing:
		return "the refresh is running"
	case r.Failure != nil:
		return r.Failure.Message
	case c.Count() == 0:
		return "the refresh has completed; no stack has changed in Git"
	default:
		return fmt.Sprintf("the refresh has completed; stacks in Git: %d added, %d changed, %d removed, %d touched",
			len(c.Added), len(c.Changed), len(c.Removed), len(c.Touched))
	}
}

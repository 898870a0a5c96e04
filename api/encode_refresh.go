package api

import (
	"fmt"
	"strconv"

	"mooring/actors"
)

// appendRefresh appends a Refresh (contract, section 3).
func appendRefresh(b []byte, r actors.Refresh) []byte {
	b = appendText(b, `{"id":`, r.ID)
	b = appendText(b, `,"status":`, string(r.Phase))
	b = appendText(b, `,"message":`, refreshMessage(r))
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
		b = append(b, '}')
	}
	if r.Failure != nil {
		b = appendText(b, `,"error":{"code":`, string(r.Failure.Code))
		b = appendText(b, `,"message":`, r.Failure.Message)
		b = append(b, '}')
	}
	return append(b, '}')
}

func appendTrigger(b []byte, t actors.Trigger) []byte {
	b = appendText(b, `,"trigger":{"source":`, string(t.Source))
	b = appendTime(b, `,"received_at":`, t.ReceivedAt)
	b = appendTextIfSet(b, `,"delivery":`, t.Delivery)
	b = appendTextIfSet(b, `,"expected_revision":`, t.Expected)
	return append(b, '}')
}

// refreshMessage is a sentence on where a refresh stands.
func refreshMessage(r actors.Refresh) string {
	c := r.Changes
	switch {
	case r.Phase == actors.Queued:
		return "a refresh is already running; this one is queued"
	case r.Phase == actors.Refreshing:
		return "the refresh is running"
	case r.Failure != nil:
		return r.Failure.Message
	case len(c.Added)+len(c.Changed)+len(c.Removed) == 0:
		return "the refresh has completed; no stack has changed in Git"
	default:
		return fmt.Sprintf("the refresh has completed; stacks in Git: %d added, %d changed, %d removed",
			len(c.Added), len(c.Changed), len(c.Removed))
	}
}

// appendRefreshOrNull appends null for a refresh that there is not.
func appendRefreshOrNull(b []byte, literal string, r actors.Refresh) []byte {
	b = append(b, literal...)
	if r.ID == "" {
		return append(b, "null"...)
	}
	return appendRefresh(b, r)
}

// appendRefreshStatus appends a RefreshStatus (contract, section 3).
func appendRefreshStatus(b []byte, view actors.View) []byte {
	current, _ := view.Current()
	queued, _ := view.Queued()
	last, _ := view.Last()
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
	return append(b, '}')
}

// overallStatus is refreshing while a refresh runs, else how the last one ended. Before the first one, which every
// start begins with, it is refreshing too.
func overallStatus(current, last actors.Refresh) actors.Phase {
	if current.ID != "" || last.ID == "" {
		return actors.Refreshing
	}
	return last.Phase
}

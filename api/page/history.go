package page

import (
	"fmt"
	"strings"
	"time"

	"mooring/actors"
)

// shownPaths is how many paths the page lists at most for each kind of change of a refresh.
const shownPaths = 50

// refreshRow is a row of the last refreshes: one refresh, or several consecutive ones with the same result.
type refreshRow struct {
	actors.Refresh
	// Times is how many there were. The row shows the newest.
	Times int
}

// collapse joins consecutive polls with the same result into one row: for example a day of polls that found nothing
// new, or an hour of polls that failed in the same way. The script has the same function.
func collapse(refreshes []actors.Refresh) []refreshRow {
	var rows []refreshRow
	for _, refresh := range refreshes {
		if len(rows) > 0 && alike(rows[len(rows)-1].Refresh, refresh) {
			rows[len(rows)-1].Times++
			continue
		}
		rows = append(rows, refreshRow{refresh, 1})
	}
	return rows
}

// alike tells whether two refreshes are polls with the same result. A refresh that a person or a push asked for always
// has a row of its own.
func alike(a, b actors.Refresh) bool {
	if !a.Ended() || a.Trigger.Source != actors.Poll || b.Trigger.Source != actors.Poll || a.Phase != b.Phase {
		return false
	}
	if a.Failure != nil && b.Failure != nil {
		return a.Failure.Code == b.Failure.Code && a.Failure.Message == b.Failure.Message
	}
	return a.Revision == b.Revision && changed(a) == 0 && changed(b) == 0
}

func changed(r actors.Refresh) int {
	return r.Changes.Count()
}

// Source is what asked for the refresh; for a webhook also whose delivery it was.
func (r refreshRow) Source() string {
	if r.Trigger.Sender == "" {
		return string(r.Trigger.Source)
	}
	return fmt.Sprintf("%s (%s)", r.Trigger.Source, r.Trigger.Sender)
}

// Outcome is the result of the refresh in a few words.
func (r refreshRow) Outcome() string {
	switch {
	case r.Phase == actors.Queued:
		return "waits for the running one"
	case r.Phase == actors.Refreshing:
		return "is running"
	case r.Failure != nil:
		return failureTitle(r.Failure.Code)
	case changed(r.Refresh) == 0:
		return "nothing new"
	}
	var parts []string
	for _, c := range r.ChangeLists() {
		if len(c.Paths) > 0 {
			parts = append(parts, grouped(len(c.Paths))+" "+c.Verb)
		}
	}
	return strings.Join(parts, ", ")
}

// When is the time that the row shows: when the refresh ended, else when it started, else when it was asked for.
func (r refreshRow) When() time.Time {
	switch {
	case r.Ended():
		return r.FinishedAt
	case r.Phase == actors.Refreshing:
		return r.StartedAt
	default:
		return r.Trigger.ReceivedAt
	}
}

// Took is how long the refresh took, in milliseconds or seconds; empty until it has ended.
func (r refreshRow) Took() string {
	switch ms := r.Duration.Milliseconds(); {
	case !r.Ended():
		return ""
	case ms < 1:
		return "under 1 ms"
	case ms < 1000:
		return fmt.Sprintf("%d ms", ms)
	default:
		return fmt.Sprintf("%d.%d s", ms/1000, ms%1000/100)
	}
}

// fact is a line of a refresh's details.
type fact struct{ Key, Label, Value string }

// Facts are the details of the refresh. Those without a value are not shown.
func (r refreshRow) Facts() []fact {
	var failure actors.Failure
	if r.Failure != nil {
		failure = *r.Failure
	}
	return []fact{
		{"error", "Error", failure.Message},
		{"code", "Code", string(failure.Code)},
		{"revision", "Revision", r.Revision},
		{"expected", "Expected", r.Trigger.Expected},
		{"delivery", "Delivery", r.Trigger.Delivery},
		{"received", "Asked for", readableTimeOrEmpty(r.Trigger.ReceivedAt)},
		{"started", "Started", readableTimeOrEmpty(r.StartedAt)},
		{"finished", "Ended", readableTimeOrEmpty(r.FinishedAt)},
		{"replaces", "Replaces", r.Replaces},
		{"id", "Id", r.ID},
	}
}

// changeList is the paths that a refresh found added, changed, removed or touched.
type changeList struct {
	Label, Verb string
	Paths       []string
}

// Listed are the paths that the page lists.
func (c changeList) Listed() []string { return c.Paths[:min(len(c.Paths), shownPaths)] }

// More is how many paths are not listed.
func (c changeList) More() int { return len(c.Paths) - len(c.Listed()) }

// ChangeLists are the kinds of changes, in the order of the page.
func (r refreshRow) ChangeLists() []changeList {
	return []changeList{
		{"Added", "added", r.Changes.Added},
		{"Changed", "changed", r.Changes.Changed},
		{"Removed", "removed", r.Changes.Removed},
		{"Touched", "touched", r.Changes.Touched},
	}
}

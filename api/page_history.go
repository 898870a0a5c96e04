package api

import (
	"fmt"
	"strings"
	"time"

	"mooring/actors"
)

// pagePaths is how many paths the page lists of those that a refresh added, changed or removed.
const pagePaths = 50

// pageRefresh is a row of the last refreshes: one refresh, or several that came one after the other to the same end.
type pageRefresh struct {
	actors.Refresh
	// Times is how many there were; the newest is shown.
	Times int
}

// collapse joins refreshes that tell the same: a day of polls that found nothing new is one row, and so is an hour of
// attempts that failed alike. The script does the same.
func collapse(refreshes []actors.Refresh) []pageRefresh {
	var rows []pageRefresh
	for _, refresh := range refreshes {
		if len(rows) > 0 && alike(rows[len(rows)-1].Refresh, refresh) {
			rows[len(rows)-1].Times++
			continue
		}
		rows = append(rows, pageRefresh{refresh, 1})
	}
	return rows
}

// alike tells whether two polls say the same to an operator. What a person or a push asked for stands by itself.
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
	return len(r.Changes.Added) + len(r.Changes.Changed) + len(r.Changes.Removed)
}

// Outcome is what the refresh came to, in few words.
func (r pageRefresh) Outcome() string {
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

// When is the moment that the row is dated by: its end, or the last thing that happened to it.
func (r pageRefresh) When() time.Time {
	switch {
	case r.Ended():
		return r.FinishedAt
	case r.Phase == actors.Refreshing:
		return r.StartedAt
	default:
		return r.Trigger.ReceivedAt
	}
}

// Took is the duration in a unit that fits, or empty while there is none.
func (r pageRefresh) Took() string {
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

// pageFact is a line of a refresh's details.
type pageFact struct{ Key, Label, Value string }

// Facts are what else is known of the refresh; those without a value are not shown.
func (r pageRefresh) Facts() []pageFact {
	var failure actors.Failure
	if r.Failure != nil {
		failure = *r.Failure
	}
	return []pageFact{
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

// pageChanges are the paths that a refresh did one thing to.
type pageChanges struct {
	Label, Verb string
	Paths       []string
}

// Listed are the first of the paths, and More is how many others there are.
func (c pageChanges) Listed() []string { return c.Paths[:min(len(c.Paths), pagePaths)] }

// More is how many paths are not listed.
func (c pageChanges) More() int { return len(c.Paths) - len(c.Listed()) }

// ChangeLists are the three kinds of changes, in the order in which they are told.
func (r pageRefresh) ChangeLists() []pageChanges {
	return []pageChanges{
		{"Added", "added", r.Changes.Added},
		{"Changed", "changed", r.Changes.Changed},
		{"Removed", "removed", r.Changes.Removed},
	}
}

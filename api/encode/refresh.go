package encode

import (
	"fmt"

	"mooring/actors"
)

// Refresh returns one refresh as it stands.
func Refresh(r actors.Refresh) []byte { return body(shapeRefresh(r)) }

// Refreshes returns the list of GET /api/v1/refreshes, in the order given.
func Refreshes(refreshes []actors.Refresh) []byte {
	shapes := make([]refreshShape, len(refreshes))
	for i, r := range refreshes {
		shapes[i] = shapeRefresh(r)
	}
	return body(struct {
		Refreshes []refreshShape `json:"refreshes"`
	}{shapes})
}

// RefreshStatus returns the answer of GET /api/v1/refresh: how refreshes stand.
func RefreshStatus(view actors.View) []byte {
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
	})
}

// overallStatus is refreshing while a refresh runs, else how the last one ended. Every start begins with a refresh, so
// before the first one it is refreshing too.
func overallStatus(current, last actors.Refresh) actors.Phase {
	if current.ID != "" || last.ID == "" {
		return actors.Refreshing
	}
	return last.Phase
}

func shapeRefresh(r actors.Refresh) refreshShape {
	shape := refreshShape{
		ID:      r.ID,
		Status:  r.Phase,
		Message: message(r),
		Trigger: triggerShape{
			Source:     r.Trigger.Source,
			ReceivedAt: Time(r.Trigger.ReceivedAt),
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
		shape.Changes = &changesShape{list(r.Changes.Added), list(r.Changes.Changed), list(r.Changes.Removed)}
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

// message is a sentence on where a refresh stands.
func message(r actors.Refresh) string {
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

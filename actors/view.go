package actors

import "time"

// View is what the refresh actor knows at one moment. It is immutable.
type View struct {
	// Version rises when something in the view may have changed. Two views of one actor with the same Version are equal.
	Version  uint64
	Snapshot Snapshot
	// Desired is what the source returned last; the snapshot was made from it. It is zero until the first refresh of this
	// process has completed.
	Desired DesiredState
	// Origin is where refreshes read from. That of the snapshot is an earlier one until the first refresh after a change
	// of settings has completed.
	Origin Origin
	// Changed is closed by the actor when the snapshot changes. A reader waits for a change by receiving from it. A
	// reader that stops waiting has nothing to clean up.
	Changed <-chan struct{}
	// LastSuccess is the newest completed refresh; its ID is empty when there is none. It outlives the history.
	LastSuccess Refresh
	// Failures counts the failed refreshes since the last completed one.
	Failures int
	// NextAttempt is when the next automatic refresh starts; zero while one runs and when none is planned.
	NextAttempt time.Time
	// Totals count what has happened since the process started.
	Totals Totals

	current, queued Refresh
	ended           []Refresh // newest first
}

// Current returns the running refresh, if one runs.
func (v View) Current() (Refresh, bool) { return v.current, v.current.ID != "" }

// Queued returns the queued refresh, if one waits.
func (v View) Queued() (Refresh, bool) { return v.queued, v.queued.ID != "" }

// Last returns the refresh that ended last, if any has.
func (v View) Last() (Refresh, bool) {
	if len(v.ended) == 0 {
		return Refresh{}, false
	}
	return v.ended[0], true
}

// Refreshes returns at most limit refreshes, newest first: the queued and the running one, if they exist, and then the
// ended ones that the actor remembers.
func (v View) Refreshes(limit int) []Refresh {
	list := make([]Refresh, 0, min(limit, len(v.ended)+2))
	for _, refresh := range []Refresh{v.queued, v.current} {
		if refresh.ID != "" && len(list) < limit {
			list = append(list, refresh)
		}
	}
	return append(list, v.ended[:min(limit-len(list), len(v.ended))]...)
}

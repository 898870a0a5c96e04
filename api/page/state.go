package page

import (
	"fmt"
	"time"

	"mooring/actors"
)

// historyLength is how many refreshes the page reads: all that the refresh actor remembers.
const historyLength = 100

// state is all that the page shows at one moment.
type state struct {
	selection
	At                     time.Time
	Title                  string
	Verdict, Tone          string
	Revision               string
	Commit                 actors.Commit
	Origin                 actors.Origin
	Held                   removals
	Hints                  []string
	ConfirmedAt, ChangedAt time.Time
	Git                    gitState
	Activity               activity
	Counts                 []count
	Groups                 []group
	// None is the sentence for a list without stacks.
	None string
	// Matching is the number of stacks and skipped files that the selection keeps, and Shown how many of them are on
	// the page.
	Shown, Matching int
	Refreshes       []refreshRow
	Words           words
	// BlankStack, BlankSkipped and BlankRefresh make empty rows, which the script copies and fills. So the markup of a
	// row exists only once.
	BlankStack   actors.Stack
	BlankSkipped actors.Skipped
	BlankRefresh refreshRow
}

// gitState is the result of the last refresh.
type gitState struct {
	Title, Tone string
	// AskedAt is when the last refresh ended, Failure why it failed, or nil, and Failures how many failed in a row.
	AskedAt  time.Time
	Failure  *actors.Failure
	Failures int
}

// activity is the running refresh, the queued one and the next automatic one.
type activity struct {
	Title string
	Tone  string
	// Current and Queued may be zero.
	Current, Queued actors.Refresh
	// NextLabel says what happens at NextAt, or why nothing is planned.
	NextLabel string
	NextAt    time.Time
}

func newState(view actors.View, chosen selection, now time.Time) state {
	last, _ := view.Last()
	s := state{
		selection:   chosen,
		At:          now,
		Revision:    view.Snapshot.Revision,
		Commit:      view.Snapshot.Commit,
		Origin:      view.Origin,
		Held:        heldIn(view.Snapshot),
		Hints:       view.Snapshot.Hints,
		ConfirmedAt: view.LastSuccess.FinishedAt,
		ChangedAt:   view.Snapshot.ChangedAt,
		Git:         newGitState(last, view.Failures),
		Activity:    newActivity(view),
		Refreshes:   collapse(view.Refreshes(historyLength)),
		Words:       newWords(),
		BlankStack:  actors.Stack{DesiredStack: &actors.DesiredStack{}},
	}
	tally := tallyOf(view.Snapshot)
	s.Counts = tally.counts()
	s.Verdict, s.Tone = tally.verdict(view.Snapshot.Revision != "", last.Failure != nil)
	s.Title = s.Verdict
	if s.Git.Failure != nil {
		s.Title = s.Git.Title
	}
	s.None = s.Words.None[chosen.emptiness(s.Revision != "")]
	s.Groups, s.Shown, s.Matching = chosen.groups(view.Snapshot)
	return s
}

func newGitState(last actors.Refresh, failures int) gitState {
	switch {
	case last.ID == "":
		return gitState{Title: "No answer yet", Tone: "none"}
	case last.Failure != nil:
		return gitState{failureTitle(last.Failure.Code), "bad", last.FinishedAt, last.Failure, failures}
	default:
		return gitState{Title: "Reachable", Tone: "ok", AskedAt: last.FinishedAt}
	}
}

func newActivity(view actors.View) activity {
	current, running := view.Current()
	queued, _ := view.Queued()
	now := activity{Title: "Idle", Tone: "none", Current: current, Queued: queued, NextAt: view.NextAttempt}
	switch {
	case running:
		now.Title, now.Tone = "Refreshing", "busy"
		now.NextLabel, now.NextAt = string(current.Trigger.Source)+", started", current.StartedAt
	case view.NextAttempt.IsZero():
		now.NextLabel = "polling is off"
	case view.Failures > 0:
		now.NextLabel = "next attempt"
	default:
		now.NextLabel = "next poll"
	}
	return now
}

// tally counts the stacks of a snapshot by kind.
type tally struct {
	total, inSync, skipped             int
	missing, syncing, synced, deleting int
	failed, held                       int
}

func tallyOf(snapshot actors.Snapshot) tally {
	t := tally{total: len(snapshot.Stacks), skipped: len(snapshot.Skipped)}
	for _, stack := range snapshot.Stacks {
		switch stack.Status {
		case actors.Missing:
			t.missing++
		case actors.Syncing:
			t.syncing++
		case actors.Synced:
			t.synced++
		case actors.Deleting:
			t.deleting++
		}
		if stack.InSync() {
			t.inSync++
		}
		switch {
		case stack.Hold != nil:
			t.held++
		case stack.HasFailed():
			t.failed++
		}
	}
	return t
}

// count is a filter of the page and the number of stacks that it keeps.
type count struct {
	Show, Label string
	Count       int
}

func (t tally) counts() []count {
	return []count{
		{showAll, "All", t.total},
		{showBehind, "Not in sync", t.total - t.inSync},
		{string(actors.Missing), "Missing", t.missing},
		{string(actors.Syncing), "Syncing", t.syncing},
		{string(actors.Synced), "Synced", t.synced},
		{string(actors.Deleting), "Deleting", t.deleting},
		{showSkipped, "Skipped", t.skipped},
	}
}

// verdict returns the page's first sentence, and its tone. Read tells whether a snapshot was ever read from Git, and
// failed whether the last refresh failed. The script has the same function.
func (t tally) verdict(read, failed bool) (sentence, tone string) {
	sentence, tone = t.withoutHeld(read, failed)
	if read && t.held > 0 {
		return fmt.Sprintf("%s, %s held", sentence, grouped(t.held)), "warn"
	}
	return sentence, tone
}

// withoutHeld is the verdict if no removal is held.
func (t tally) withoutHeld(read, failed bool) (sentence, tone string) {
	behind := t.total - t.inSync
	switch {
	case !read && failed:
		return "Nothing has been read from Git yet", "bad"
	case !read:
		return "Reading Git for the first time", "busy"
	case t.total == 0:
		return "Git has no stacks", "none"
	case behind == 0 && t.total == 1:
		return "The stack is in sync", "ok"
	case behind == 0:
		return fmt.Sprintf("All %s stacks are in sync", grouped(t.total)), "ok"
	}
	sentence = fmt.Sprintf("%s of %s stacks not in sync", grouped(behind), grouped(t.total))
	if t.failed > 0 {
		sentence += fmt.Sprintf(", %s failed", grouped(t.failed))
	}
	if t.deleting > 0 {
		sentence += fmt.Sprintf(", %s must go", grouped(t.deleting))
	}
	return sentence, "warn"
}

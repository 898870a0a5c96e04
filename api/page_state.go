package api

import (
	"fmt"
	"time"

	"mooring/actors"
)

// pageHistory is how many refreshes the page looks at: all that are remembered.
const pageHistory = largestLimit

// pageState is what the page shows of one moment.
type pageState struct {
	pageSelection
	At                     time.Time
	Title                  string
	Verdict, Tone          string
	Revision               string
	ConfirmedAt, ChangedAt time.Time
	Git                    pageGit
	Activity               pageActivity
	Counts                 []pageCount
	Groups                 []pageGroup
	// None is what is said where no stack is listed.
	None string
	// Shown of Matching stacks and skipped files are on the page.
	Shown, Matching int
	Refreshes       []pageRefresh
	Words           pageWords
	// BlankStack, BlankSkipped and BlankRefresh make the rows that the script fills: their markup stands in one place.
	BlankStack   actors.Stack
	BlankSkipped actors.Skipped
	BlankRefresh pageRefresh
}

// pageGit is how Git answered last.
type pageGit struct {
	Title, Tone string
	// AskedAt is when the last refresh ended; Failure is its own, if it failed, and Failures how many have in a row.
	AskedAt  time.Time
	Failure  *actors.Failure
	Failures int
}

// pageActivity is what runs, what waits and what comes next.
type pageActivity struct {
	Title string
	Tone  string
	// Current and Queued may be zero.
	Current, Queued actors.Refresh
	// NextLabel says what happens at NextAt, or why nothing does.
	NextLabel string
	NextAt    time.Time
}

func newPageState(view actors.View, selection pageSelection, now time.Time) pageState {
	last, _ := view.Last()
	state := pageState{
		pageSelection: selection,
		At:            now,
		Revision:      view.Snapshot.Revision,
		ConfirmedAt:   view.LastSuccess.FinishedAt,
		ChangedAt:     view.Snapshot.ChangedAt,
		Git:           newPageGit(last, view.Failures),
		Activity:      newPageActivity(view),
		Refreshes:     collapse(view.Refreshes(pageHistory)),
		Words:         newPageWords(),
	}
	tally := tallyOf(view.Snapshot)
	state.Counts = tally.counts()
	state.Verdict, state.Tone = tally.verdict(view.Snapshot.Revision != "", last.Failure != nil)
	state.Title = state.Verdict
	if state.Git.Failure != nil {
		state.Title = state.Git.Title
	}
	state.None = state.Words.None[selection.emptiness(state.Revision != "")]
	state.Groups, state.Shown, state.Matching = selection.groups(view.Snapshot)
	return state
}

func newPageGit(last actors.Refresh, failures int) pageGit {
	switch {
	case last.ID == "":
		return pageGit{Title: "Not heard from yet", Tone: "none"}
	case last.Failure != nil:
		return pageGit{failureTitle(last.Failure.Code), "bad", last.FinishedAt, last.Failure, failures}
	default:
		return pageGit{Title: "Reachable", Tone: "ok", AskedAt: last.FinishedAt}
	}
}

func newPageActivity(view actors.View) pageActivity {
	current, running := view.Current()
	queued, _ := view.Queued()
	activity := pageActivity{Title: "Idle", Tone: "none", Current: current, Queued: queued, NextAt: view.NextAttempt}
	switch {
	case running:
		activity.Title, activity.Tone = "Refreshing", "busy"
		activity.NextLabel, activity.NextAt = string(current.Trigger.Source)+", started", current.StartedAt
	case view.NextAttempt.IsZero():
		activity.NextLabel = "polling is off"
	case view.Failures > 0:
		activity.NextLabel = "next attempt"
	default:
		activity.NextLabel = "next poll"
	}
	return activity
}

// tally counts a snapshot's stacks.
type tally struct {
	total, inSync, skipped             int
	missing, syncing, synced, deleting int
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
	}
	return t
}

// pageCount is a filter of the page and how many stacks it keeps.
type pageCount struct {
	Show, Label string
	Count       int
}

func (t tally) counts() []pageCount {
	return []pageCount{
		{showAll, "All", t.total},
		{showBehind, "Not in sync", t.total - t.inSync},
		{string(actors.Missing), "Missing", t.missing},
		{string(actors.Syncing), "Syncing", t.syncing},
		{string(actors.Synced), "Synced", t.synced},
		{string(actors.Deleting), "Deleting", t.deleting},
		{showSkipped, "Skipped", t.skipped},
	}
}

// verdict is the page's first sentence, and its tone. The script says the same.
func (t tally) verdict(known, failed bool) (sentence, tone string) {
	behind := t.total - t.inSync
	switch {
	case !known && failed:
		return "Nothing has been read from Git yet", "bad"
	case !known:
		return "Reading Git for the first time", "busy"
	case t.total == 0:
		return "Git has no stacks", "none"
	case behind == 0 && t.total == 1:
		return "The stack is in sync", "ok"
	case behind == 0:
		return fmt.Sprintf("All %s stacks are in sync", grouped(t.total)), "ok"
	}
	sentence = fmt.Sprintf("%s of %s stacks not in sync", grouped(behind), grouped(t.total))
	if t.deleting > 0 {
		sentence += fmt.Sprintf(", %s must go", grouped(t.deleting))
	}
	return sentence, "warn"
}

package api

import (
	"net/url"
	"strconv"
	"strings"

	"mooring/actors"
)

// The filters of the page that are no status.
const (
	showAll     = "all"
	showBehind  = "behind"
	showSkipped = "skipped"
)

const (
	// pageRows is how many rows the page has at first, those that need attention before the others: enough to read, and
	// the page stays small however many stacks there are.
	pageRows = 200
	// pageMoreRows is how many each click on "Show more" adds.
	pageMoreRows = 1000
	// pageMostRows bounds what a query can ask for: anyone may ask, and often. The script needs no query for more rows,
	// and the search finds the others.
	pageMostRows = 2000
)

// pageSelection is which stacks the page lists. The zero one is not valid; newPageSelection makes them.
type pageSelection struct {
	// Show is a status, showAll, showBehind or showSkipped.
	Show string
	// Search is looked for in the paths, in any case.
	Search string
	// Rows is how many rows there may be.
	Rows int
}

// newPageSelection reads the query that the page's form makes. What is not understood counts as not given.
func newPageSelection(query url.Values) pageSelection {
	selection := pageSelection{Show: showAll, Search: strings.TrimSpace(query.Get("q")), Rows: pageRows}
	switch show := query.Get("show"); show {
	case showBehind, showSkipped,
		string(actors.Missing), string(actors.Syncing), string(actors.Synced), string(actors.Deleting):
		selection.Show = show
	}
	if rows, err := strconv.Atoi(query.Get("rows")); err == nil {
		selection.Rows = min(max(rows, pageRows), pageMostRows)
	}
	return selection
}

// More is the address of this page with more rows.
func (p pageSelection) More() string {
	query := url.Values{"rows": {strconv.Itoa(min(p.Rows+pageMoreRows, pageMostRows))}}
	if p.Show != showAll {
		query.Set("show", p.Show)
	}
	if p.Search != "" {
		query.Set("q", p.Search)
	}
	return "?" + query.Encode()
}

// emptiness is the key of the words for a list without stacks.
func (p pageSelection) emptiness(known bool) string {
	switch {
	case p.Show != showAll || p.Search != "":
		return "narrowed"
	case known:
		return "empty"
	default:
		return "unknown"
	}
}

// pageGroup are stacks that ask the same of an operator.
type pageGroup struct {
	Key, Title, Hint string
	// Count is how many there are; Stacks and Skipped are those that are on the page.
	Count   int
	Stacks  []actors.Stack
	Skipped []actors.Skipped
}

// groups returns what the selection keeps of a snapshot, most urgent first, with how many rows that makes and how many
// it would make without a bound.
func (p pageSelection) groups(snapshot actors.Snapshot) (groups []pageGroup, shown, matching int) {
	gone := pageGroup{Key: "gone", Title: "Must go", Hint: "no longer in Git, and something may still run"}
	behind := pageGroup{Key: "behind", Title: "Not in sync", Hint: "what runs is not what Git wants"}
	skipped := pageGroup{Key: "skipped", Title: "Skipped", Hint: "compose files that cannot be served"}
	synced := pageGroup{Key: "synced", Title: "In sync", Hint: "what runs is what Git wants"}
	search := strings.ToLower(p.Search)
	for _, stack := range snapshot.Stacks {
		switch {
		case !p.keeps(stack) || !strings.Contains(strings.ToLower(stack.Path), search):
		case stack.Status == actors.Deleting:
			gone.Stacks = append(gone.Stacks, stack)
		case stack.InSync():
			synced.Stacks = append(synced.Stacks, stack)
		default:
			behind.Stacks = append(behind.Stacks, stack)
		}
	}
	for _, file := range snapshot.Skipped {
		if (p.Show == showAll || p.Show == showSkipped) && strings.Contains(strings.ToLower(file.Path), search) {
			skipped.Skipped = append(skipped.Skipped, file)
		}
	}
	groups = []pageGroup{gone, behind, skipped, synced}
	for i := range groups {
		group := &groups[i]
		group.Count = len(group.Stacks) + len(group.Skipped)
		group.Stacks = group.Stacks[:min(len(group.Stacks), p.Rows-shown)]
		group.Skipped = group.Skipped[:min(len(group.Skipped), p.Rows-shown)]
		shown += len(group.Stacks) + len(group.Skipped)
		matching += group.Count
	}
	return groups, shown, matching
}

// keeps tells whether the filter keeps a stack.
func (p pageSelection) keeps(stack actors.Stack) bool {
	switch p.Show {
	case showAll:
		return true
	case showBehind:
		return !stack.InSync()
	default:
		return string(stack.Status) == p.Show
	}
}

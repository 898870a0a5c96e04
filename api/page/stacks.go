package page

import (
	"net/url"
	"strconv"
	"strings"

	"mooring/actors"
)

// The filters of the page besides the four statuses.
const (
	showAll     = "all"
	showBehind  = "behind"
	showSkipped = "skipped"
)

const (
	// firstRows is how many rows the page has at first. So the page stays small with any number of stacks. The rows
	// that need attention come first.
	firstRows = 200
	// moreRows is how many each click on "Show more" adds.
	moreRows = 1000
	// mostRows bounds the rows that a query can ask for, because anyone may send many queries. The script shows more
	// rows without a query, and the search finds every stack.
	mostRows = 2000
)

// selection tells which stacks the page lists. newSelection makes it: the zero selection is not valid.
type selection struct {
	// Show is a status, showAll, showBehind or showSkipped.
	Show string
	// Search is a part of the paths to list; upper and lower case are the same.
	Search string
	// Rows is how many rows there may be.
	Rows int
}

// newSelection reads the query that the page's form makes. It ignores values that it does not understand.
func newSelection(query url.Values) selection {
	chosen := selection{Show: showAll, Search: strings.TrimSpace(query.Get("q")), Rows: firstRows}
	switch show := query.Get("show"); show {
	case showBehind, showSkipped,
		string(actors.Missing), string(actors.Syncing), string(actors.Synced), string(actors.Deleting):
		chosen.Show = show
	}
	if rows, err := strconv.Atoi(query.Get("rows")); err == nil {
		chosen.Rows = min(max(rows, firstRows), mostRows)
	}
	return chosen
}

// More is the address of this page with more rows.
func (p selection) More() string {
	query := url.Values{"rows": {strconv.Itoa(min(p.Rows+moreRows, mostRows))}}
	if p.Show != showAll {
		query.Set("show", p.Show)
	}
	if p.Search != "" {
		query.Set("q", p.Search)
	}
	return "?" + query.Encode()
}

// emptiness is the key in words.None of the sentence for a list without stacks. Read tells whether a snapshot was ever
// read from Git.
func (p selection) emptiness(read bool) string {
	switch {
	case p.Show != showAll || p.Search != "":
		return "narrowed"
	case read:
		return "empty"
	default:
		return "unknown"
	}
}

// group is a heading of the page and the stacks under it. They need the same action of an operator.
type group struct {
	Key, Title, Hint string
	// Count is how many rows the group has. Stacks and Skipped are the rows that the page shows.
	Count   int
	Stacks  []actors.Stack
	Skipped []actors.Skipped
}

// groups returns the stacks and skipped files that the selection keeps, the most urgent group first. Shown is the
// number of their rows on the page, and matching the number without the bound on rows.
func (p selection) groups(snapshot actors.Snapshot) (groups []group, shown, matching int) {
	failed := group{Key: "failed", Title: "Failed", Hint: "a deployer could not apply them"}
	held := group{Key: "held", Title: "Held", Hint: "no longer in Git, and left as they are until someone releases them"}
	gone := group{Key: "gone", Title: "Must go", Hint: "no longer in Git, and something may still run"}
	behind := group{Key: "behind", Title: "Not in sync", Hint: "what runs is not what Git wants"}
	skipped := group{Key: "skipped", Title: "Skipped", Hint: "compose files that cannot be served"}
	synced := group{Key: "synced", Title: "In sync", Hint: "what runs is what Git wants"}
	search := strings.ToLower(p.Search)
	for _, stack := range snapshot.Stacks {
		switch {
		case !p.keeps(stack) || !strings.Contains(strings.ToLower(stack.Path), search):
		case stack.Hold != nil:
			held.Stacks = append(held.Stacks, stack)
		case stack.HasFailed():
			failed.Stacks = append(failed.Stacks, stack)
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
	groups = []group{failed, held, gone, behind, skipped, synced}
	for i := range groups {
		g := &groups[i]
		g.Count = len(g.Stacks) + len(g.Skipped)
		g.Stacks = g.Stacks[:min(len(g.Stacks), p.Rows-shown)]
		g.Skipped = g.Skipped[:min(len(g.Skipped), p.Rows-shown)]
		shown += len(g.Stacks) + len(g.Skipped)
		matching += g.Count
	}
	return groups, shown, matching
}

// keeps tells whether the filter keeps a stack.
func (p selection) keeps(stack actors.Stack) bool {
	switch p.Show {
	case showAll:
		return true
	case showBehind:
		return !stack.InSync()
	default:
		return string(stack.Status) == p.Show
	}
}

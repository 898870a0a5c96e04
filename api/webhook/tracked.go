package webhook

import (
	"fmt"
	"slices"
	"strings"
)

// tracked are the full names of the refs that refreshes follow: HEAD alone for the remote's, none where GIT_REF is a
// commit.
type tracked []string

// ignores returns the reason why a push means nothing to this service, or an empty text where the pushed ref is followed
// or no push is told of.
func (t tracked) ignores(p push) string {
	names := []string(t)
	switch {
	case p.Ref == "":
		return ""
	case len(names) == 0:
		return "GIT_REF names a commit, which no push moves"
	case names[0] == "HEAD" && p.Repository.DefaultBranch == "":
		return "" // any ref may be the remote's HEAD
	case names[0] == "HEAD":
		names = []string{"refs/heads/" + p.Repository.DefaultBranch}
	}
	if slices.Contains(names, p.Ref) {
		return ""
	}
	const shown = 200 // characters
	return fmt.Sprintf("the push is to %s; %s is tracked", printable(p.Ref, shown),
		printable(strings.Join(names, " or "), shown))
}

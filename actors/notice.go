package actors

import (
	"slices"
	"strings"
)

// notice is a line for the log about a compose file that is not served. The operator may not intend that.
type notice struct {
	path, reason string
}

// notices returns one notice for each skipped or shadowed compose file that the old desired state did not have.
func notices(old, next DesiredState) []notice {
	var list []notice
	for _, skipped := range next.Skipped {
		i, found := slices.BinarySearchFunc(old.Skipped, skipped.Path, func(s Skipped, path string) int {
			return strings.Compare(s.Path, path)
		})
		if !found || old.Skipped[i] != skipped {
			list = append(list, notice{skipped.Path, skipped.Reason})
		}
	}
	for _, path := range next.Shadowed {
		if _, found := slices.BinarySearch(old.Shadowed, path); !found {
			list = append(list, notice{path, "another compose file in the same directory comes first"})
		}
	}
	return list
}

// newHints returns the hints of a desired state, if the one before it had none. So the log tells a wrong setting once,
// and not again when another stack comes or goes.
func newHints(old, next DesiredState) []string {
	if len(old.Hints) > 0 {
		return nil
	}
	return next.Hints
}

package actors

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Percent is a part of a hundred, in whole numbers from 0 to 100.
type Percent int

// UnmarshalText reads a number from 0 to 100 and a percent sign.
func (p *Percent) UnmarshalText(text []byte) error {
	digits, found := strings.CutSuffix(string(text), "%")
	number, err := strconv.ParseUint(digits, 10, 8)
	if !found || err != nil || number > 100 {
		return errors.New("not a whole percentage")
	}
	*p = Percent(number)
	return nil
}

// String writes the number with a percent sign.
func (p Percent) String() string { return strconv.Itoa(int(p)) + "%" }

// removalGuard decides in a refresh whether the stacks that leave Git may be removed. One wrong commit or setting must
// not take down everything that runs.
type removalGuard struct {
	// limit is the part of the stacks that may run which may leave in one refresh.
	limit Percent
	// origin is where the refresh read the desired state from.
	origin Origin
	// releases lets the stacks go whose removal is held already.
	releases bool
}

// hold returns the hold for the stacks that leave Git with this desired state, or nil if they may be removed.
//
// The stacks that may run are counted, and those of them that Git does not have. Stacks that are deleting count as
// neither; stacks whose removal is held already count as both. The removal is held if more than the limit leave, and
// these are at least two, or at least one if the limit is 0%. It is also held, whatever the limit, if the desired state
// comes from another origin than the old snapshot; an old snapshot without an origin is no difference.
func (g removalGuard) hold(old Snapshot, desired DesiredState) *Hold {
	running, leaving := countRemovals(old.Stacks, desired)
	enough := 2
	if g.limit == 0 {
		enough = 1
	}
	switch {
	case g.hasMoved(old, desired):
		return &Hold{fmt.Sprintf("The removal is held because the stacks are read from elsewhere than before (%s); %s",
			strings.Join(differences(old.Origin, g.origin), ", "), howToRelease)}
	case leaving >= enough && 100*leaving > int(g.limit)*running:
		return &Hold{fmt.Sprintf("The removal is held because %d of the %d stacks that may run would go at once and "+
			"REMOVAL_LIMIT is %s; %s", leaving, running, g.limit, howToRelease)}
	}
	return nil
}

const howToRelease = "if it is meant, release it on the status page, with POST /api/v1/removals, or by a start with " +
	"REMOVAL_LIMIT=100%"

// hasMoved tells whether the old snapshot was read from another origin. One commit is the same under another address
// and as another ref.
func (g removalGuard) hasMoved(old Snapshot, desired DesiredState) bool {
	before := old.Origin
	if before == (Origin{}) {
		return false
	}
	if old.Revision == desired.Revision {
		before.URL, before.Ref = g.origin.URL, g.origin.Ref
	}
	return before != g.origin
}

// countRemovals counts the stacks that may run, and those of them that Git does not have.
func countRemovals(old []Stack, desired DesiredState) (running, leaving int) {
	unreadable, wanted := directories(desired.Skipped), desired.Stacks
	for _, stack := range old {
		if stack.Status == Deleting || !stack.mayRun() {
			continue
		}
		running++
		for len(wanted) > 0 && wanted[0].Path < stack.Path {
			wanted = wanted[1:]
		}
		_, isUnreadable := unreadable[stack.Path]
		isListed := len(wanted) > 0 && wanted[0].Path == stack.Path
		if !isListed && !isUnreadable {
			leaving++
		}
	}
	return running, leaving
}

// differences returns the names of the settings in which two origins differ.
func differences(a, b Origin) []string {
	var names []string
	for _, setting := range []struct{ name, before, after string }{
		{"GIT_URL", a.URL, b.URL}, {"GIT_REF", a.Ref, b.Ref}, {"GIT_DEPLOY_DIR", a.DeployDir, b.DeployDir},
		{"COMPOSE_FILES", a.ComposeFiles, b.ComposeFiles},
	} {
		if setting.before != setting.after {
			names = append(names, setting.name+" has changed")
		}
	}
	return names
}

// guard returns the guard of removals for the current refresh. The first one that completes after a start with a limit
// of 100% releases what is held.
func (s *state) guard() removalGuard {
	limit := s.settings.RemovalLimit
	return removalGuard{limit: limit, origin: s.settings.Origin, releases: limit == 100 && s.desired.Revision == ""}
}

// compareHolds counts the stacks that are held in the new snapshot and were not in the old one, and those that were held
// and that deployers may take down now.
func compareHolds(old, next Snapshot) (began, released int) {
	before := old.Stacks
	for _, stack := range next.Stacks {
		for len(before) > 0 && before[0].Path < stack.Path {
			before = before[1:]
		}
		wasHeld := len(before) > 0 && before[0].Path == stack.Path && before[0].Hold != nil
		switch {
		case stack.Hold != nil && !wasHeld:
			began++
		case wasHeld && stack.Status == Deleting:
			released++
		}
	}
	return began, released
}

// held counts the stacks whose removal is held.
func held(snapshot Snapshot) int {
	count := 0
	for _, stack := range snapshot.Stacks {
		if stack.Hold != nil {
			count++
		}
	}
	return count
}

package actors

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// running returns stacks that are applied, with the paths s1, s2 and so on.
func runningStacks(count int) []Stack {
	var stacks []Stack
	for i := range count {
		stacks = append(stacks, stack(fmt.Sprintf("s%d", i+1), "h", Synced, "h"))
	}
	return stacks
}

func with(stacks []Stack, more ...Stack) []Stack { return append(stacks, more...) }

func sorted(stacks []Stack) []Stack {
	slices.SortFunc(stacks, func(a, b Stack) int { return strings.Compare(a.Path, b.Path) })
	return stacks
}

// without is a desired state with all but the first stacks.
func without(stacks []Stack, count int) DesiredState {
	state := DesiredState{Revision: "r"}
	for _, stack := range stacks[count:] {
		state.Stacks = append(state.Stacks, *stack.DesiredStack)
	}
	return state
}

func onHold(stack Stack) Stack {
	stack.Hold = &Hold{"it was held before"}
	return stack
}

func TestTheGuardHoldsWhatIsMoreThanTheLimit(t *testing.T) {
	here, elsewhere := Origin{URL: "u", Ref: "main"}, Origin{URL: "u", Ref: "next"}
	for _, test := range []struct {
		name   string
		before []Stack
		wanted DesiredState // what Git has
		limit  Percent
		from   Origin // of the old snapshot; zero if a file does not tell
		holds  bool
	}{
		{name: "nothing leaves", before: runningStacks(2), wanted: desired("r", "s1", "h", "s2", "h"), limit: 50},
		{name: "just the limit", before: runningStacks(4), wanted: desired("r", "s1", "h", "s2", "h"), limit: 50},
		{name: "one more than the limit", before: runningStacks(4), wanted: desired("r", "s1", "h"), limit: 50, holds: true},
		{name: "all", before: runningStacks(4), wanted: desired("r"), limit: 99, holds: true},
		{name: "all, and there is no limit", before: runningStacks(4), wanted: desired("r"), limit: 100},
		{name: "one is no multitude", before: runningStacks(1), wanted: desired("r"), limit: 50},
		{name: "one of two under a small limit", before: runningStacks(2), wanted: desired("r", "s1", "h"), limit: 1},
		{name: "one and a limit of nothing", before: runningStacks(9), wanted: desired("r", "s1", "h", "s2", "h", "s3", "h",
			"s4", "h", "s5", "h", "s6", "h", "s7", "h", "s8", "h"), limit: 0, holds: true},
		{name: "none and a limit of nothing", before: runningStacks(1), wanted: desired("r", "s1", "h"), limit: 0},
		{
			name:   "stacks that cannot run do not count as leaving",
			before: with(runningStacks(2), stack("t1", "h", Missing, ""), stack("t2", "h", Missing, "")),
			wanted: desired("r", "s1", "h"), limit: 50,
		}, {
			name:   "stacks that cannot run do not count as staying",
			before: with(runningStacks(2), stack("t1", "h", Missing, ""), stack("t2", "h", Missing, "")),
			wanted: desired("r", "t1", "h", "t2", "h"), limit: 50, holds: true,
		}, {
			name:   "missing with something applied and syncing may run",
			before: []Stack{stack("s1", "h", Missing, "h"), stack("s2", "h", Syncing, ""), stack("s3", "h", Synced, "h")},
			wanted: desired("r", "s3", "h"), limit: 66, holds: true,
		}, {
			name:   "deleting stacks count on neither side",
			before: with(runningStacks(4), stack("t1", "h", Deleting, "h"), stack("t2", "h", Deleting, "h"), stack("t3", "h", Deleting, "h")),
			wanted: desired("r", "s1", "h", "s2", "h"), limit: 50,
		}, {
			name:   "held stacks count as leaving",
			before: with(runningStacks(3), onHold(stack("t", "h", Synced, "h")), onHold(stack("u", "h", Synced, "h"))),
			wanted: desired("r", "s1", "h", "s2", "h"), limit: 50, holds: true,
		}, {
			name:   "a held stack that is back does not",
			before: with(runningStacks(3), onHold(stack("t", "h", Synced, "h"))),
			wanted: desired("r", "s1", "h", "s2", "h", "t", "h"), limit: 25,
		}, {
			name:   "a stack that cannot be read is in Git",
			before: runningStacks(2), wanted: skipping("s1/docker-compose.yml", "s2/docker-compose.yml"), limit: 0,
		},
		{name: "another origin", before: runningStacks(9), wanted: desired("r"), limit: 100, from: elsewhere, holds: true},
		{name: "another ref that is on the same commit", before: runningStacks(1), wanted: desired("r0"), limit: 50, from: elsewhere},
		{name: "another directory of the same commit", before: runningStacks(1), wanted: desired("r0"), limit: 100,
			from: Origin{URL: "u", Ref: "main", DeployDir: "d"}, holds: true},
		{name: "two of three", before: runningStacks(3), wanted: desired("r", "s1", "h"), limit: 66, holds: true},
		{name: "two of three, and just less than the limit", before: runningStacks(3), wanted: desired("r", "s1", "h"), limit: 67},
		{name: "one percent of two hundred", before: sorted(runningStacks(200)), wanted: without(sorted(runningStacks(200)), 2), limit: 1},
		{name: "a little more than one percent", before: sorted(runningStacks(200)), wanted: without(sorted(runningStacks(200)), 3),
			limit: 1, holds: true},
		{name: "a held stack that cannot run counts on neither side", before: with(runningStacks(2), onHold(stack("t", "h", Missing, ""))),
			wanted: desired("r", "s1", "h"), limit: 1},
		{name: "the same origin", before: runningStacks(1), wanted: desired("r"), limit: 50, from: here},
	} {
		t.Run(test.name, func(t *testing.T) {
			is := is.New(t)
			guard := removalGuard{limit: test.limit, origin: here}
			hold := guard.hold(Snapshot{Revision: "r0", Origin: test.from, Stacks: test.before}, test.wanted)
			is.Equal(hold != nil, test.holds)
			if hold != nil {
				is.True(strings.HasPrefix(hold.Reason, "The removal is held because"))
				is.True(strings.Contains(hold.Reason, "POST /api/v1/removals"))
				is.True(strings.Contains(hold.Reason, "REMOVAL_LIMIT=100%")) // a headless service has no other way
			}
		})
	}
}

func TestAHoldSaysWhatWouldHaveHappened(t *testing.T) {
	is := is.New(t)
	guard := removalGuard{limit: 50, origin: Origin{URL: "u", Ref: "main", DeployDir: "new"}}
	hold := guard.hold(Snapshot{Stacks: runningStacks(7)}, desired("r", "s1", "h"))
	is.True(strings.Contains(hold.Reason, "6 of the 7 stacks that may run would go at once and REMOVAL_LIMIT is 50%"))
	old := Snapshot{Origin: Origin{URL: "u", Ref: "next", DeployDir: "old"}, Stacks: runningStacks(1)}
	hold = guard.hold(old, desired("r"))
	is.True(strings.Contains(hold.Reason, "(GIT_REF has changed, GIT_DEPLOY_DIR has changed)"))
}

func TestHeldStacksStayAsTheyAreUntilTheyReturn(t *testing.T) {
	is := is.New(t)
	guard := removalGuard{limit: 50}
	old := Snapshot{Revision: "r0", Stacks: with(runningStacks(3), stack("t", "h", Missing, ""))}
	next, changes, changed := merge(old, desired("r1"), guard, at(9))
	is.True(changed)
	is.Equal(changes, Changes{Removed: []string{"s1", "s2", "s3", "t"}})
	is.Equal(len(next.Stacks), 3) // nothing of t can run: it is dropped
	for _, held := range next.Stacks {
		is.True(held.Hold != nil && held.Hold == next.Stacks[0].Hold)
		is.Equal([]any{held.Status, held.Hash, held.StatusChangedAt, held.InSync()}, []any{Synced, "h", at(1), true})
	}
	again, changes, _ := merge(next, desired("r2"), guard, at(10))
	is.Equal(changes, Changes{}) // they had left already
	is.Equal(again.Stacks, next.Stacks)
	back, changes, _ := merge(again, desired("r3", "s2", "h2", "s3", "h"), guard, at(11))
	is.Equal(changes, Changes{Added: []string{"s2", "s3"}})
	is.Equal(back.Stacks[1:], []Stack{stack("s2", "h2", Synced, "h"), stack("s3", "h", Synced, "h")})
	is.True(back.Stacks[0].Hold != nil)
	broken, changes, _ := merge(back, skipping("s1/docker-compose.yml"), removalGuard{limit: 100}, at(12))
	is.Equal(changes, Changes{Added: []string{"s1"}, Removed: []string{"s2", "s3"}}) // s1 is back, although it cannot be read
	is.Equal(broken.Stacks[0], stack("s1", "h", Synced, "h"))
}

func TestAStartWithoutALimitReleasesWhatIsHeld(t *testing.T) {
	is := is.New(t)
	restored := Snapshot{Revision: "r1", Origin: Origin{Ref: "main"}, Stacks: []Stack{
		onHold(stack("s1", "h", Synced, "h")), onHold(stack("s2", "h", Missing, "")), stack("s3", "h", Synced, "h"),
	}}
	begin := func(ref string, limit Percent) *state {
		s := newState(Settings{RemovalLimit: limit, Origin: Origin{Ref: ref}}, false, restored, "test", nil)
		s.random = testState(Settings{}).random
		s.trigger(Trigger{Source: Startup}, at(9))
		s.fetched(s.current.ID, outcome{desired: desired("r1", "s3", "h")}, at(9))
		return s
	}
	s := begin("main", 100)
	is.Equal(s.snapshot.Stacks, []Stack{since(stack("s1", "h", Deleting, "h"), 9), stack("s3", "h", Synced, "h")})
	is.Equal(begin("main", 99).snapshot.Stacks, restored.Stacks)
	restored.Revision = "r0"
	is.Equal(begin("next", 100).snapshot.Stacks, restored.Stacks) // another origin holds whatever the limit
	restored.Revision = "r1"
	is.Equal(begin("next", 100).snapshot.Stacks, s.snapshot.Stacks) // another name of the same commit does not

	// Only the start does: what is held later stays so.
	s.snapshot.Stacks = restored.Stacks
	s.trigger(Trigger{Source: Manual}, at(10))
	s.fetched(s.current.ID, outcome{desired: desired("r2", "s3", "h")}, at(10))
	is.Equal(s.snapshot.Stacks, restored.Stacks)
}

func TestAReleaseLetsGoWhatItNames(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	s.snapshot = Snapshot{Version: 1, Revision: "r", Stacks: []Stack{stack("a", "h", Synced, "h")}}
	_, _, err := s.release(Release{Revision: "r"}, at(9))
	is.Equal(err, ErrNothingHeld)
	s.snapshot.Stacks = []Stack{
		stack("a", "h", Synced, "h"), onHold(stack("b", "h", Synced, "h")), onHold(stack("c", "h", Missing, "")),
		onHold(stack("d", "h", Syncing, "")),
	}
	before := s.snapshot
	for _, refused := range []struct {
		release Release
		err     error
	}{
		{Release{Revision: "q"}, ErrOtherRevision}, {Release{Revision: "q", Paths: []string{"a"}}, ErrOtherRevision},
		{Release{Revision: "r", Paths: []string{"b", "a"}}, ErrNothingHeld},
		{Release{Revision: "r", Paths: []string{"b", "x"}}, ErrNothingHeld},
	} {
		_, effects, err := s.release(refused.release, at(9))
		is.Equal(err, refused.err)
		is.True(!effects.changed)
	}
	_, _, err = s.forget("b", at(9))
	is.Equal(err, ErrHeld)
	is.Equal(s.snapshot, before)

	paths, effects, err := s.release(Release{Revision: "r", Paths: []string{"d", "b"}}, at(9))
	is.NoErr(err)
	is.Equal(paths, []string{"b", "d"})
	is.True(effects.changed)
	is.Equal(s.snapshot.Stacks[1], since(stack("b", "h", Deleting, "h"), 9))
	is.True(s.snapshot.Stacks[2].Hold != nil)
	paths, _, err = s.release(Release{Revision: "r"}, at(10))
	is.NoErr(err)
	is.Equal(paths, []string{"c"})
	is.Equal(len(s.snapshot.Stacks), 3) // nothing of c can run: it is dropped
}

func TestAPercentageIsAWholeNumber(t *testing.T) {
	for text, want := range map[string]Percent{"0%": 0, "7%": 7, "50%": 50, "100%": 100} {
		var got Percent
		is.New(t).NoErr(got.UnmarshalText([]byte(text)))
		is.New(t).Equal(got, want)
		is.New(t).Equal(got.String(), text)
	}
	for _, text := range []string{"", "%", "50", "-1%", "+5%", "101%", "0.5%", "33,3%", "1e1%", " 5%", "5 %", "5%%", "300%"} {
		var got Percent
		is.New(t).True(got.UnmarshalText([]byte(text)) != nil) // text
	}
}

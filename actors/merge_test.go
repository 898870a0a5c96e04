package actors

import (
	"testing"

	"github.com/matryer/is"
)

// stack makes a stack of a snapshot; its status last changed at second 1.
func stack(path, hash string, status Status, applied string) Stack {
	return Stack{
		DesiredStack: &DesiredStack{Path: path, ComposeFile: "docker-compose.yml", Hash: hash},
		Status:       status, StatusChangedAt: at(1), AppliedHash: applied,
	}
}

func since(stack Stack, seconds float64) Stack {
	stack.StatusChangedAt = at(seconds)
	return stack
}

// skipping is a desired state without stacks, in which these files cannot be served.
func skipping(paths ...string) DesiredState {
	state := DesiredState{Revision: "r1"}
	for _, path := range paths {
		state.Skipped = append(state.Skipped, Skipped{path, "a symbolic link that leads nowhere"})
	}
	return state
}

func TestMergeFollowsGitAndKeepsWhatIsApplied(t *testing.T) {
	for _, test := range []struct {
		name    string
		before  []Stack
		wanted  DesiredState
		after   []Stack
		changes Changes
		same    bool
	}{
		{
			name:    "a new stack is missing",
			wanted:  desired("r1", "web", "h1"),
			after:   []Stack{since(stack("web", "h1", Missing, ""), 9)},
			changes: Changes{Added: []string{"web"}},
		}, {
			name:   "the same commit changes nothing",
			before: []Stack{stack("web", "h1", Synced, "h1")},
			wanted: desired("r0", "web", "h1"),
			after:  []Stack{stack("web", "h1", Synced, "h1")},
			same:   true,
		}, {
			name:   "another commit with the same stacks changes the revision alone",
			before: []Stack{stack("web", "h1", Synced, "h1")},
			wanted: desired("r1", "web", "h1"),
			after:  []Stack{stack("web", "h1", Synced, "h1")},
		}, {
			name:    "a changed stack keeps status, time and applied hash",
			before:  []Stack{stack("a", "h1", Synced, "h1"), stack("b", "h1", Syncing, ""), stack("c", "h1", Missing, "")},
			wanted:  desired("r1", "a", "h2", "b", "h2", "c", "h2"),
			after:   []Stack{stack("a", "h2", Synced, "h1"), stack("b", "h2", Syncing, ""), stack("c", "h2", Missing, "")},
			changes: Changes{Changed: []string{"a", "b", "c"}},
		}, {
			name:    "a stack that was never applied is dropped",
			before:  []Stack{stack("web", "h1", Missing, "")},
			wanted:  desired("r1"),
			after:   []Stack{},
			changes: Changes{Removed: []string{"web"}},
		}, {
			name: "a stack that may run waits to be deleted, with its last hash",
			before: []Stack{
				stack("a", "h1", Synced, "h1"), stack("b", "h1", Syncing, ""), stack("c", "h1", Missing, "h0"),
			},
			wanted: desired("r1"),
			after: []Stack{
				since(stack("a", "h1", Deleting, "h1"), 9), since(stack("b", "h1", Deleting, ""), 9),
				since(stack("c", "h1", Deleting, "h0"), 9),
			},
			changes: Changes{Removed: []string{"a", "b", "c"}},
		}, {
			name:   "a deleting stack stays until it is forgotten",
			before: []Stack{stack("web", "h1", Deleting, "h1")},
			wanted: desired("r1"),
			after:  []Stack{stack("web", "h1", Deleting, "h1")},
		}, {
			name:    "a stack that is back is missing, and what was applied is known",
			before:  []Stack{stack("web", "h1", Deleting, "h1")},
			wanted:  desired("r1", "web", "h1"),
			after:   []Stack{since(stack("web", "h1", Missing, "h1"), 9)},
			changes: Changes{Added: []string{"web"}},
		}, {
			name: "a stack that may run is kept while Git has it and it cannot be read",
			before: []Stack{
				stack(".", "h1", Synced, "h1"), stack("a", "h1", Synced, "h1"), stack("b", "h1", Syncing, ""),
				stack("c/d", "h1", Missing, "h0"),
			},
			wanted: skipping("docker-compose.yml", "a/docker-compose.yaml", "b/docker-compose.yml", "c/d/docker-compose.yml"),
			after: []Stack{
				stack(".", "h1", Synced, "h1"), stack("a", "h1", Synced, "h1"), stack("b", "h1", Syncing, ""),
				stack("c/d", "h1", Missing, "h0"),
			},
		}, {
			name:    "a stack that cannot be read and was never applied is dropped",
			before:  []Stack{stack("web", "h1", Missing, "")},
			wanted:  skipping("web/docker-compose.yml"),
			after:   []Stack{},
			changes: Changes{Removed: []string{"web"}},
		}, {
			name:   "a deleting stack stays deleting until it can be read again",
			before: []Stack{stack("web", "h1", Deleting, "h1")},
			wanted: skipping("web/docker-compose.yml"),
			after:  []Stack{stack("web", "h1", Deleting, "h1")},
		}, {
			name:    "what cannot be read elsewhere keeps no stack",
			before:  []Stack{stack(".", "h1", Synced, "h1"), stack("web", "h1", Synced, "h1")},
			wanted:  skipping("web/below/docker-compose.yml", "website/docker-compose.yml"),
			after:   []Stack{since(stack(".", "h1", Deleting, "h1"), 9), since(stack("web", "h1", Deleting, "h1"), 9)},
			changes: Changes{Removed: []string{".", "web"}},
		}, {
			name:    "the list stays sorted by path, bytewise",
			before:  []Stack{stack("B", "h", Synced, "h"), stack("a-b", "h", Missing, ""), stack("a/b", "h", Missing, "")},
			wanted:  desired("r1", ".", "h", "a", "h", "a-b", "h", "a/b", "h", "ä", "h"),
			changes: Changes{Added: []string{".", "a", "ä"}, Removed: []string{"B"}},
			after: []Stack{
				since(stack(".", "h", Missing, ""), 9), since(stack("B", "h", Deleting, "h"), 9),
				since(stack("a", "h", Missing, ""), 9), stack("a-b", "h", Missing, ""), stack("a/b", "h", Missing, ""),
				since(stack("ä", "h", Missing, ""), 9),
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			is := is.New(t)
			old := Snapshot{Version: 4, Revision: "r0", ChangedAt: at(1), Stacks: test.before}
			next, changes, changed := merge(old, test.wanted, removalGuard{limit: 100}, at(9))
			is.Equal(next.Stacks, test.after)
			is.Equal(changes, test.changes)
			is.Equal(changed, !test.same)
			is.Equal(next.Version, uint64(5))
			is.Equal(next.Revision, test.wanted.Revision)
			is.Equal(next.ChangedAt, at(9))
		})
	}
}

func TestReportMovesTheStatus(t *testing.T) {
	for _, test := range []struct {
		name   string
		before Stack
		report Report
		after  Stack
		inSync bool
	}{
		{"syncing", stack("web", "h2", Missing, ""), Report{Path: "web", Status: Syncing}, since(stack("web", "h2", Syncing, ""), 9), false},
		{"synced", stack("web", "h2", Syncing, ""), Report{Path: "web", Status: Synced, Hash: "h2"}, since(stack("web", "h2", Synced, "h2"), 9), true},
		{"synced without syncing before", stack("web", "h2", Missing, ""), Report{Path: "web", Status: Synced, Hash: "h2"}, since(stack("web", "h2", Synced, "h2"), 9), true},
		{"synced with an older hash is taken", stack("web", "h2", Syncing, ""), Report{Path: "web", Status: Synced, Hash: "h1"}, since(stack("web", "h2", Synced, "h1"), 9), false},
		{"synced again with another hash keeps the time", stack("web", "h2", Synced, "h1"), Report{Path: "web", Status: Synced, Hash: "h2"}, stack("web", "h2", Synced, "h2"), true},
		{"syncing keeps the applied hash", stack("web", "h2", Synced, "h1"), Report{Path: "web", Status: Syncing}, since(stack("web", "h2", Syncing, "h1"), 9), false},
		{"missing keeps the applied hash", stack("web", "h2", Syncing, "h1"), Report{Path: "web", Status: Missing}, since(stack("web", "h2", Missing, "h1"), 9), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			is := is.New(t)
			s := testState(Settings{})
			s.snapshot = Snapshot{Version: 1, Revision: "r", Stacks: []Stack{test.before}}
			old := s.snapshot
			after, effects, err := s.report(test.report, at(9))
			is.NoErr(err)
			is.Equal(s.snapshot.Stacks, []Stack{after})
			after.Deployment = nil // sync_test.go has what that is
			is.Equal(after, test.after)
			is.Equal(after.InSync(), test.inSync)
			is.True(effects.changed)
			is.Equal(s.snapshot.ChangedAt, at(9))
			is.Equal(old.Stacks, []Stack{test.before}) // the old snapshot has not changed

			_, effects, err = s.report(test.report, at(10))
			is.NoErr(err)
			is.True(!effects.changed) // the second report changes nothing
			is.Equal(s.snapshot.Version, uint64(2))
		})
	}
}

func TestReportsThatCannotBe(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	s.snapshot.Stacks = []Stack{stack("gone", "h", Deleting, "h"), stack("web", "h", Synced, "h")}
	before := s.snapshot
	_, _, err := s.report(Report{Path: "nowhere", Status: Syncing}, at(9))
	is.Equal(err, ErrStackNotFound)
	_, _, err = s.report(Report{Path: "gone", Status: Synced, Hash: "h"}, at(9))
	is.Equal(err, ErrDeleting)
	_, _, err = s.forget("nowhere", at(9))
	is.Equal(err, ErrStackNotFound)
	_, _, err = s.forget("web", at(9))
	is.Equal(err, ErrStillDesired)
	is.Equal(s.snapshot, before)
}

func TestForgetDropsADeletingStack(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	s.snapshot.Stacks = []Stack{stack("gone", "h", Deleting, "h"), stack("web", "h", Synced, "h")}
	forgotten, effects, err := s.forget("gone", at(9))
	is.NoErr(err)
	is.Equal(forgotten.Path, "gone")
	is.True(effects.changed)
	is.Equal(s.snapshot.Stacks, []Stack{stack("web", "h", Synced, "h")})
}

func TestNoticesTellOnlyWhatIsNew(t *testing.T) {
	is := is.New(t)
	old := DesiredState{Skipped: []Skipped{{"a", "x"}, {"c", "x"}}, Shadowed: []string{"s/docker-compose.yaml"}}
	next := DesiredState{
		Skipped:  []Skipped{{"a", "x"}, {"b", "x"}, {"c", "y"}},
		Shadowed: []string{"s/docker-compose.yaml", "t/docker-compose.yaml"},
	}
	is.Equal(notices(old, next), []notice{
		{"b", "x"}, {"c", "y"}, {"t/docker-compose.yaml", "another compose file in the same directory comes first"},
	})
	is.Equal(len(notices(next, next)), 0)
}

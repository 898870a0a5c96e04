package actors

import (
	"testing"

	"github.com/matryer/is"
)

// attempt returns an attempt that began and ended at these seconds; it has not ended at 0.
func attempt(began, ended float64, outcome Outcome, more Sync) Sync {
	more.StartedAt, more.Outcome = at(began), outcome
	if ended != 0 {
		more.FinishedAt = at(ended)
	}
	return more
}

func TestReportsTellOfAnAttemptFromItsBeginToItsEnd(t *testing.T) {
	syncing := Report{Status: Syncing, Revision: "r1", Target: "alpha"}
	synced := Report{Status: Synced, Hash: "h", Tree: "t1"}
	failed := Report{Status: Missing, Message: "no such image"}
	plain := func(status Status) Report {
		return Report{Status: status, Hash: map[Status]string{Synced: "h"}[status]}
	}
	for _, test := range []struct {
		name    string
		reports []Report // one each second, from second 1 on
		want    Deployment
		failed  bool
	}{
		{name: "nothing"},
		{"it began", []Report{syncing}, Deployment{
			Target: "alpha", LastSync: attempt(1, 0, "", Sync{Revision: "r1", Target: "alpha"}),
		}, false},
		{"it began and began", []Report{syncing, plain(Syncing)}, Deployment{
			Target: "alpha", LastSync: attempt(1, 0, "", Sync{Revision: "r1", Target: "alpha"}),
		}, false},
		{"it began again at another revision", []Report{syncing, {Status: Syncing, Revision: "r2"}}, Deployment{
			Target: "alpha", LastSync: attempt(2, 0, "", Sync{Revision: "r2"}),
		}, false},
		{"it succeeded", []Report{syncing, synced}, Deployment{
			AppliedTree: "t1", Target: "alpha",
			LastSync: attempt(1, 2, SyncDone, Sync{Revision: "r1", Hash: "h", Target: "alpha"}),
		}, false},
		{"it succeeded, and that is told twice", []Report{syncing, synced, synced, plain(Synced)}, Deployment{
			AppliedTree: "t1", Target: "alpha",
			LastSync: attempt(1, 2, SyncDone, Sync{Revision: "r1", Hash: "h", Target: "alpha"}),
		}, false},
		{"it succeeded without a begin", []Report{plain(Synced)}, Deployment{
			LastSync: attempt(1, 1, SyncDone, Sync{Hash: "h"}),
		}, false},
		{"another tree was applied", []Report{synced, {Status: Synced, Hash: "h", Tree: "t2"}}, Deployment{
			AppliedTree: "t2", LastSync: attempt(2, 2, SyncDone, Sync{Hash: "h"}),
		}, false},
		{"the applied tree is not known any more", []Report{synced, plain(Syncing), plain(Synced)}, Deployment{
			LastSync: attempt(2, 3, SyncDone, Sync{Hash: "h"}),
		}, false},
		{"it failed", []Report{synced, syncing, failed}, Deployment{
			AppliedTree: "t1", Target: "alpha",
			LastSync: attempt(2, 3, SyncFailed, Sync{Revision: "r1", Target: "alpha", Message: "no such image"}),
		}, true},
		{"it failed without a word", []Report{plain(Syncing), plain(Missing), plain(Missing)}, Deployment{
			LastSync: attempt(1, 2, SyncFailed, Sync{}),
		}, true},
		{"it failed without a begin", []Report{failed}, Deployment{
			LastSync: attempt(1, 1, SyncFailed, Sync{Message: "no such image"}),
		}, true},
		{"it failed for another reason", []Report{failed, {Status: Missing, Message: "no space"}}, Deployment{
			LastSync: attempt(2, 2, SyncFailed, Sync{Message: "no space"}),
		}, true},
		{"nothing was applied, as before", []Report{plain(Missing)}, Deployment{}, false},
		{"it is applied no longer", []Report{plain(Synced), plain(Missing)}, Deployment{
			LastSync: attempt(2, 2, "", Sync{}),
		}, false},
		{"after a failure it works", []Report{failed, plain(Synced)}, Deployment{
			LastSync: attempt(2, 2, SyncDone, Sync{Hash: "h"}),
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			is := is.New(t)
			s := testState(Settings{})
			s.snapshot = Snapshot{Version: 1, Revision: "r1", Stacks: []Stack{stack("web", "h", Missing, "")}}
			for i, report := range test.reports {
				report.Path = "web"
				_, _, err := s.report(report, at(float64(i+1)))
				is.NoErr(err)
			}
			is.Equal(s.snapshot.Stacks[0].Told(), test.want)
			is.Equal(s.snapshot.Stacks[0].HasFailed(), test.failed)
		})
	}
}

func TestAnAttemptThatAnOlderFileKnowsBeganWithItsStatus(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	s.snapshot = Snapshot{Version: 1, Revision: "r1", Stacks: []Stack{stack("web", "h", Syncing, "")}}
	after, _, err := s.report(Report{Path: "web", Status: Missing}, at(9))
	is.NoErr(err)
	is.Equal(after.Told().LastSync, attempt(1, 9, SyncFailed, Sync{}))
}

func TestATouchedDirectoryIsAChangeOfItsOwn(t *testing.T) {
	is := is.New(t)
	state := func(revision string, trees ...Tree) DesiredState {
		found := desired(revision, "a", "h", "b", "h", "c", "h")
		for i := range found.Stacks {
			found.Stacks[i].Tree = trees[i]
		}
		return found
	}
	first, _, _ := merge(Snapshot{}, state("r1", "1", "1", ""), removalGuard{}, at(1))
	second := state("r2", "1", "2", "2")
	second.Stacks[0].Hash = "h2"
	second.Stacks[0].Tree = "2"
	next, changes, changed := merge(first, second, removalGuard{}, at(2))
	is.True(changed)
	is.Equal(changes, Changes{Changed: []string{"a"}, Touched: []string{"b"}}) // the tree of c was not known before
	is.Equal(next.Stacks[2].Tree, Tree("2"))
	same := second
	same.Revision = "r1"
	third, changes, _ := merge(next, same, removalGuard{}, at(3))
	is.Equal(changes.Count(), 0)
	is.True(third.Stacks[1].equal(next.Stacks[1]))
}

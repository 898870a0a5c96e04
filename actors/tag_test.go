package actors

import (
	"testing"

	"github.com/matryer/is"
)

// A push of an annotated tag names tag objects, and some hosts name the commits behind them.
func TestATagIsOutdatedByTheIDsThatItsPushNames(t *testing.T) {
	is := is.New(t)
	ofTags := Trigger{Expected: "tag 2", Stale: []string{"tag 1"}}
	is.True(ofTags.outdated(DesiredState{Revision: "commit 1", Named: "tag 1"}.ids()...))
	is.True(!ofTags.outdated(DesiredState{Revision: "commit 2", Named: "tag 2"}.ids()...))
	is.True(!ofTags.outdated(DesiredState{Revision: "commit 1", Named: "tag 2"}.ids()...)) // the tag was made anew
	is.True(!ofTags.outdated(DesiredState{Revision: "commit 3", Named: "tag 3"}.ids()...)) // something newer
	ofCommits := Trigger{Expected: "commit 2", Stale: []string{"commit 1"}}
	is.True(ofCommits.outdated(DesiredState{Revision: "commit 1", Named: "tag 1"}.ids()...))
	is.True(!ofCommits.outdated(DesiredState{Revision: "commit 2", Named: "tag 2"}.ids()...))
	unknown := DesiredState{Revision: "tag 1"} // of a source that does not know what the ref names
	is.True(ofTags.outdated(unknown.ids()...))
}

func TestATagThatWasMadeAnewOnItsCommitChangesNoSnapshot(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	first, again := desired("r1", "a", "h1"), desired("r1", "a", "h1")
	first.Named, again.Named = "tag 1", "tag 2"
	complete := func(d DesiredState) effects {
		s.trigger(Trigger{Source: Manual}, at(0))
		return s.fetched(s.current.ID, outcome{desired: d}, at(1))
	}
	is.True(complete(first).changed)
	before := s.snapshot
	effects := complete(again)
	is.True(!effects.changed)
	is.Equal(s.snapshot.Version, before.Version)
	is.Equal(s.desired.Named, "tag 2") // the next fetch knows it
}

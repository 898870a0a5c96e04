package actors

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
)

// logging runs an actor. The buffer may be read when the actor has stopped; it holds the log then.
func logging(t *testing.T, source scripted) (running, *bytes.Buffer) {
	return loggingFrom(t, source, Snapshot{})
}

// loggingFrom runs an actor that starts from a restored snapshot.
func loggingFrom(t *testing.T, source scripted, restored Snapshot) (running, *bytes.Buffer) {
	log := new(bytes.Buffer)
	settings := Settings{RefreshTimeout: time.Minute, RemovalLimit: 100}
	refresher, loop := New(settings, source, SnapshotFile{}, restored, slog.New(slog.NewTextHandler(log, nil)))
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	// Ends when the test stops the actor, at the latest with the test's context; the bubble waits for it.
	go func() { defer close(stopped); loop(ctx) }()
	return running{refresher, source, t, stop, stopped}, log
}

// logged counts the lines of a log that have all these parts.
func logged(log *bytes.Buffer, parts ...string) (count int) {
	for line := range strings.Lines(log.String()) {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			count++
		}
	}
	return count
}

func TestWordOfADeployerThatChangesTheSnapshotIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r, log := logging(t, scripted{fetches: make(chan fetch)})
		r.trigger(Startup)
		r.answers(desired("r1", "web", "h1"), nil)
		for range 2 { // the second report changes nothing
			_, err := r.Report(t.Context(), Report{Path: "web", Status: Synced, Hash: "h1"})
			is.NoErr(err)
		}
		_, err := r.Forget(t.Context(), "web")
		is.Equal(err, ErrStillDesired)
		r.trigger(Manual)
		r.answers(desired("r2"), nil)
		_, err = r.Forget(t.Context(), "web")
		is.NoErr(err)
		_, err = r.Report(t.Context(), Report{Path: "web", Status: Missing})
		is.Equal(err, ErrStackNotFound)
		r.stop()
		<-r.stopped
		is.Equal(logged(log, "msg=\"stack "), 2)
		is.Equal(logged(log, "level=INFO", `msg="stack reported" path=web status=synced revision=r1`), 1)
		is.Equal(logged(log, "level=INFO", `msg="stack forgotten" path=web status=deleting revision=r2`), 1)
	})
}

func TestRefreshThatChangesTheSnapshotSaysSoWhateverChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r, log := logging(t, scripted{fetches: make(chan fetch)})
		skipping := desired("r3", "web", "h1")
		skipping.Skipped = []Skipped{{"big/docker-compose.yml", "too large"}}
		for _, found := range []DesiredState{desired("r1", "web", "h1"), desired("r2", "web", "h1"), skipping, skipping} {
			r.trigger(Manual)
			r.answers(found, nil)
		}
		r.stop()
		<-r.stopped
		const changed = `msg="desired state changed"`
		is.Equal(logged(log, changed), 3) // the same revision changes nothing
		is.Equal(logged(log, "level=INFO", changed, "revision=r2", "added=0 changed=0 removed=0"), 1)
		is.Equal(logged(log, "level=INFO", changed, "revision=r3"), 1)
	})
}

func TestRemovalsThatAreHeldAreLoggedThoughOthersReturn(t *testing.T) {
	is := is.New(t)
	restored := Snapshot{Revision: "r0", ChangedAt: epoch, Stacks: with(runningStacks(2), onHold(stack("t", "h", Synced, "h")),
		onHold(stack("u", "h", Missing, "")))}
	first := testState(Settings{RemovalLimit: 1})
	first.snapshot = restored
	refreshed := func(s *state, found DesiredState) effects {
		s.trigger(Trigger{Source: Manual}, at(2))
		return s.fetched(s.current.ID, outcome{desired: found}, at(2))
	}
	e := refreshed(first, desired("r1", "t", "h", "u", "h"))
	is.Equal([]int{e.held, e.released}, []int{2, 0}) // s1 and s2; t and u are back
	e = refreshed(first, desired("r2"))
	is.Equal([]int{e.held, e.released}, []int{1, 0}) // t; nothing of u can run
	start := testState(Settings{RemovalLimit: 100})
	start.snapshot = restored
	e = refreshed(start, desired("r0", "s1", "h", "s2", "h"))
	is.Equal([]int{e.held, e.released}, []int{0, 1}) // t; nothing of u can run
}

func TestAStartThatReleasesWhatIsHeldSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		restored := Snapshot{Revision: "r1", ChangedAt: epoch, Stacks: []Stack{onHold(stack("web", "h", Synced, "h"))}}
		r, log := loggingFrom(t, scripted{fetches: make(chan fetch)}, restored)
		r.trigger(Startup)
		r.answers(desired("r1"), nil)
		r.stop()
		<-r.stopped
		is.Equal(logged(log, "level=WARN", `msg="held removals are released, because REMOVAL_LIMIT is 100%"`, "released=1",
			"revision=r1"), 1)
	})
}

func TestWarningOfTheSourceIsLoggedOnceUntilItIsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r, log := logging(t, scripted{fetches: make(chan fetch)})
		for i, warning := range []string{"", "line 1", "line 1", "line 1", "line 2", "", "line 1"} {
			found := desired("r" + strconv.Itoa(i/3)) // with the same revision and with another
			found.Warning = warning
			r.trigger(Manual)
			r.answers(found, nil)
		}
		r.stop()
		<-r.stopped
		line := []string{"level=WARN", `msg="something was left out"`}
		is.Equal(logged(log, line...), 3)
		is.Equal(logged(log, append(line, `reason="line 1"`)...), 2)
	})
}

func TestLineAboutAComposeFileNamesTheRefreshThatFoundIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r, log := logging(t, scripted{fetches: make(chan fetch)})
		first := r.trigger(Webhook)
		r.trigger(Manual) // it has begun when the log tells of the first one's end
		found := desired("r1")
		found.Skipped = []Skipped{{"big/docker-compose.yml", "too large"}}
		found.Shadowed = []string{"web/docker-compose.yaml"}
		r.answers(found, nil)
		r.stop()
		<-r.stopped
		line := []string{"level=WARN", `msg="compose file not served"`}
		is.Equal(logged(log, line...), 2)
		is.Equal(logged(log, append(line, "id="+first.ID, "source=webhook", "revision=r1")...), 2)
	})
}

func TestPanicInTheWorkerIsLoggedWithItsStackAndRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		r, log := logging(t, scripted{fetches: make(chan fetch)})
		refresh := r.trigger(Manual)
		r.answers(DesiredState{}, errPanic)
		r.stop()
		<-r.stopped
		is.Equal(logged(log, "level=ERROR", "panicked", "a bad day", "id="+refresh.ID, "stack=", "worker.go"), 1)
	})
}

func TestFetchThatIsLeftBehindIsNamedByItsRefresh(t *testing.T) {
	for name, givenUp := range map[string]bool{"still current": false, "given up before": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				is := is.New(t)
				r, log := logging(t, scripted{fetches: make(chan fetch), deaf: true})
				enough := make(chan struct{})
				if !givenUp {
					close(enough)
				}
				refresh, err := r.TriggerAndWait(t.Context(), Trigger{Source: Startup}, enough)
				is.NoErr(err)
				is.Equal(refresh.Ended(), givenUp)
				hanging := <-r.fetches
				r.stop()
				<-r.stopped
				is.Equal(logged(log, "level=WARN", "left behind", "id="+refresh.ID, "source=startup", "revision="), 1)
				hanging.answer <- result{}
			})
		})
	}
}

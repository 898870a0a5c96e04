package actors

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
)

func encode(snapshot Snapshot) []byte {
	content, _ := json.Marshal(snapshot)
	return content
}

func decode(content []byte) (Snapshot, error) {
	var snapshot Snapshot
	return snapshot, json.Unmarshal(content, &snapshot)
}

func restore(file string) (Snapshot, error) { return SnapshotFile{file, encode, decode}.Restore() }

// constant is a source that always returns the same state.
type constant DesiredState

func (c constant) Fetch(context.Context, DesiredState) (DesiredState, error) {
	return DesiredState(c), nil
}

// keeping runs an actor that keeps its snapshot in a file, until the test ends or stops it.
func keeping(t *testing.T, file string, source Source) kept {
	return keepingIn(t, SnapshotFile{file, encode, decode}, source)
}

// kept is an actor with a snapshot file.
type kept struct {
	*Refresher
	stop func() error // ends the actor and returns the result of its run
}

func keepingIn(t *testing.T, file SnapshotFile, source Source) kept {
	restored, err := file.Restore()
	is.New(t).NoErr(err)
	refresher, run := New(Settings{RefreshTimeout: time.Hour, RemovalLimit: 100}, source, file, restored, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	// Ends with ctx; stop waits for it, and the clean-up calls stop.
	go func() { ran <- run(ctx) }()
	stopped := false
	stop := func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ran
	}
	t.Cleanup(func() { _ = stop() })
	_, err = refresher.TriggerAndWait(t.Context(), Trigger{Source: Startup}, nil)
	is.New(t).NoErr(err)
	return kept{refresher, stop}
}

func TestReportIsInTheFileWhenItIsAnswered(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "snapshot.json")
	actor := keeping(t, file, constant(desired("r1", "db", "h", "web", "h")))
	_, err := actor.Report(t.Context(), Report{Path: "web", Status: Synced, Hash: "h"})
	is.NoErr(err)
	restored, err := restore(file)
	is.NoErr(err)
	is.Equal(restored.Stacks[1].AppliedHash, "h")

	// A process that starts from this file finds that web is gone from Git, and that web may run.
	actor = keeping(t, file, constant(desired("r2", "db", "h")))
	view, err := actor.View(t.Context())
	is.NoErr(err)
	is.Equal(view.Snapshot.Stacks[1].Status, Deleting)
	_, err = actor.Forget(t.Context(), "web")
	is.NoErr(err)
	restored, err = restore(file)
	is.NoErr(err)
	is.Equal(len(restored.Stacks), 1)
	_, err = actor.Forget(t.Context(), "web")
	is.Equal(err, ErrStackNotFound)
	_, err = actor.Report(t.Context(), Report{Path: "web", Status: Synced, Hash: "h"})
	is.Equal(err, ErrStackNotFound)
}

func TestSnapshotThatDidNotChangeIsNotWritten(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "snapshot.json")
	first := keeping(t, file, constant(desired("r1", "web", "h")))
	is.NoErr(first.stop()) // the file holds the last snapshot at the end
	written := stat(t, file)

	again := keeping(t, file, constant(desired("r1", "web", "h"))) // Git is as it was in the restored snapshot
	_, err := again.TriggerAndWait(t.Context(), Trigger{Source: Manual}, nil)
	is.NoErr(err)
	is.NoErr(again.stop())
	is.True(os.SameFile(written, stat(t, file)))
}

func stat(t *testing.T, file string) os.FileInfo {
	info, err := os.Stat(file)
	is.New(t).NoErr(err)
	return info
}

func TestReportThatCannotBeWrittenIsNotConfirmed(t *testing.T) {
	is := is.New(t)
	dir := filepath.Join(t.TempDir(), "there")
	is.NoErr(os.Mkdir(dir, 0o755))
	file := filepath.Join(dir, "snapshot.json")
	is.NoErr(CheckSnapshotFile(file))
	actor := keeping(t, file, constant(desired("r1", "web", "h")))
	actor.saved(t)
	is.NoErr(os.RemoveAll(dir))
	_, err := actor.Report(t.Context(), Report{Path: "web", Status: Syncing})
	is.True(errors.Is(err, ErrNotSaved))
	is.True(errors.Is(err, fs.ErrNotExist)) // the reason of the write
	is.NoErr(os.Mkdir(dir, 0o755))
	_, err = actor.Report(t.Context(), Report{Path: "web", Status: Syncing}) // repeated, as the error asks
	is.NoErr(err)
	restored, err := restore(file)
	is.NoErr(err)
	is.Equal(restored.Stacks[0].Status, Syncing)
	entries, err := os.ReadDir(dir)
	is.NoErr(err)
	is.Equal(len(entries), 1) // no temporary file is left
}

func TestStackThatIsForgottenButNotWrittenIsNotSaidToBeGone(t *testing.T) {
	is := is.New(t)
	dir := filepath.Join(t.TempDir(), "there")
	is.NoErr(os.Mkdir(dir, 0o755))
	file := filepath.Join(dir, "snapshot.json")
	actor := keeping(t, file, constant(desired("r1", "db", "h", "web", "h")))
	_, err := actor.Report(t.Context(), Report{Path: "web", Status: Synced, Hash: "h"})
	is.NoErr(err)
	actor = keeping(t, file, constant(desired("r2", "db", "h")))
	actor.saved(t)
	is.NoErr(os.RemoveAll(dir))
	_, err = actor.Forget(t.Context(), "web")
	is.True(errors.Is(err, ErrNotSaved))
	_, err = actor.Forget(t.Context(), "web") // repeated, as the error asks
	is.True(errors.Is(err, ErrNotSaved))      // a restart would still find it
	is.NoErr(os.Mkdir(dir, 0o755))
	_, err = actor.Forget(t.Context(), "web")
	is.Equal(err, ErrStackNotFound)
	restored, err := restore(file)
	is.NoErr(err)
	is.Equal(len(restored.Stacks), 1)
}

func TestWriteThatHangsDoesNotHoldUpAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		hanging, let, left := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
		file := SnapshotFile{filepath.Join(t.TempDir(), "snapshot.json"), func(snapshot Snapshot) []byte {
			hanging <- struct{}{}
			<-let
			defer close(left)
			return encode(snapshot)
		}, decode}
		source := constant(desired("r1", "web", "h"))
		settings, log := Settings{RefreshTimeout: time.Minute}, slog.New(slog.DiscardHandler)
		refresher, run := New(settings, source, file, Snapshot{}, log)
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		// Ends after stop; it is waited for below.
		go func() { ran <- run(ctx) }()
		_, err := refresher.TriggerAndWait(t.Context(), Trigger{Source: Startup}, nil)
		is.NoErr(err)
		<-hanging
		reported := make(chan error, 1)
		// Ends with the actor; it is waited for below.
		go func() {
			_, err := refresher.Report(t.Context(), Report{Path: "web", Status: Syncing})
			reported <- err
		}()
		synctest.Wait()
		asked := time.Now()
		stop()
		is.True(errors.Is(<-ran, ErrNotSaved))
		is.Equal(time.Since(asked), lastWrite)
		is.Equal(<-reported, ErrStopped) // nobody knows whether the file holds the report
		close(let)
		<-left // the worker ends when its write does
	})
}

func TestStopWaitsForTheWriteAndAnswersItsReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		file := SnapshotFile{filepath.Join(t.TempDir(), "snapshot.json"), func(snapshot Snapshot) []byte {
			time.Sleep(lastWrite / 3) // of the bubble's time
			return encode(snapshot)
		}, decode}
		settings, log := Settings{RefreshTimeout: time.Minute}, slog.New(slog.DiscardHandler)
		refresher, run := New(settings, constant(desired("r1", "web", "h")), file, Snapshot{}, log)
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		// Ends after stop; it is waited for below.
		go func() { ran <- run(ctx) }()
		_, err := refresher.TriggerAndWait(t.Context(), Trigger{Source: Startup}, nil)
		is.NoErr(err)
		reported := make(chan error, 1)
		// Ends with the actor; it is waited for below.
		go func() {
			_, err := refresher.Report(t.Context(), Report{Path: "web", Status: Synced, Hash: "h"})
			reported <- err
		}()
		synctest.Wait() // the first write runs, and the report waits for the next one
		stop()
		is.NoErr(<-ran)
		is.NoErr(<-reported)
		restored, err := file.Restore()
		is.NoErr(err)
		is.Equal(restored.Stacks[0].AppliedHash, "h")
	})
}

func TestPlacesThatCannotHoldASnapshot(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	is.True(CheckSnapshotFile(dir) != nil)
	is.True(CheckSnapshotFile(filepath.Join(dir, "no", "such", "directory")) != nil)
	is.NoErr(os.WriteFile(filepath.Join(dir, "garbage"), []byte("{"), 0o600))
	_, err := restore(filepath.Join(dir, "garbage"))
	is.True(err != nil)
	_, err = restore(dir)
	is.True(err != nil)
	none, err := restore(filepath.Join(dir, "not there yet"))
	is.NoErr(err)
	is.Equal(none, Snapshot{})
}

// Only the snapshot file knows what was deployed. An operator may repair a file that cannot be read, so it is kept.
func TestSnapshotFileThatCannotBeReadIsKeptAside(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	file, aside := filepath.Join(dir, "stacks.json"), filepath.Join(dir, "stacks.json.unreadable")
	for _, garbage := range []string{"{", "[]"} { // the second one replaces the first
		is.NoErr(os.WriteFile(file, []byte(garbage), 0o600))
		_, err := restore(file)
		is.True(strings.Contains(err.Error(), aside))
		kept, err := os.ReadFile(aside)
		is.NoErr(err)
		is.Equal(string(kept), garbage)
		_, err = restore(file)
		is.NoErr(err) // there is no file any more
	}
	is.NoErr(os.WriteFile(file, []byte("{"), 0o600))
	is.NoErr(os.Remove(aside))
	is.NoErr(os.MkdirAll(filepath.Join(aside, "in the way"), 0o700))
	_, err := restore(file)
	is.True(strings.Contains(err.Error(), "will be replaced"))
	kept, err := os.ReadFile(file)
	is.NoErr(err)
	is.Equal(string(kept), "{")
}

func TestEachReportTriesOnceToWriteAFileThatCannotBeWritten(t *testing.T) {
	is := is.New(t)
	dir := filepath.Join(t.TempDir(), "there")
	is.NoErr(os.Mkdir(dir, 0o755))
	tried := make(chan struct{}, 100)
	file := SnapshotFile{filepath.Join(dir, "snapshot.json"), func(snapshot Snapshot) []byte {
		tried <- struct{}{}
		return encode(snapshot)
	}, decode}
	actor := keepingIn(t, file, constant(desired("r1", "web", "h")))
	actor.saved(t)
	is.NoErr(os.RemoveAll(dir))
	before := len(tried)
	for range 10 { // the first one changes the status, and the others repeat it
		_, err := actor.Report(t.Context(), Report{Path: "web", Status: Syncing})
		is.True(errors.Is(err, ErrNotSaved))
	}
	is.Equal(len(tried)-before, 10)
}

// saved returns when the file holds the newest snapshot: the answer about an unknown stack waits for that.
func (k kept) saved(t *testing.T) {
	t.Helper()
	_, err := k.Forget(t.Context(), "no such stack")
	is.New(t).Equal(err, ErrStackNotFound)
}

func TestFileThatCouldNotBeWrittenIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		dir := filepath.Join(t.TempDir(), "there")
		file := filepath.Join(dir, "snapshot.json")
		actor := keeping(t, file, constant(desired("r1", "web", "h")))
		synctest.Wait()
		is.NoErr(os.Mkdir(dir, 0o755))
		time.Sleep(writeAgain - time.Millisecond) // of the bubble's time
		synctest.Wait()
		_, err := os.Stat(file)
		is.True(errors.Is(err, fs.ErrNotExist))
		time.Sleep(time.Millisecond)
		synctest.Wait()
		restored, err := restore(file)
		is.NoErr(err)
		is.Equal(restored.Revision, "r1")
		is.NoErr(actor.stop())
	})
}

func TestReportsThatArriveTogetherShareAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		const atOnce, rounds = 8, 125
		stacks := manyStacks(atOnce * rounds)
		writes := make(chan struct{}, 10*atOnce*rounds)
		file := SnapshotFile{filepath.Join(t.TempDir(), "snapshot.json"), func(snapshot Snapshot) []byte {
			writes <- struct{}{}
			time.Sleep(time.Millisecond) // of the bubble's time: the disk is slow
			return []byte(snapshot.Revision)
		}, decode}
		actor := keepingIn(t, file, constant(stacks))
		actor.saved(t)
		before := len(writes)
		answered := make(chan error)
		for deployer := range atOnce {
			// Ends when its last report is answered; the test receives from each.
			go func() {
				var err error
				for i := range rounds {
					path := stacks.Stacks[deployer*rounds+i].Path
					_, failed := actor.Report(t.Context(), Report{Path: path, Status: Syncing})
					err = errors.Join(err, failed)
				}
				answered <- err
			}()
		}
		for range atOnce {
			is.NoErr(<-answered)
		}
		t.Logf("%d reports, %d at a time, took %d writes", atOnce*rounds, atOnce, len(writes)-before)
		is.True(len(writes)-before <= 2*rounds+1) // in the worst case a write takes one report, and the next write takes the others
		is.NoErr(actor.stop())
	})
}

func TestSnapshotFileThatIsALinkStaysOne(t *testing.T) {
	for name, there := range map[string]bool{"to a file": true, "to nothing yet": false} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			dir := t.TempDir()
			volume, link := filepath.Join(dir, "volume"), filepath.Join(dir, "etc", "stacks.json")
			is.NoErr(os.Mkdir(volume, 0o755))
			is.NoErr(os.Mkdir(filepath.Dir(link), 0o755))
			is.NoErr(os.Symlink("../volume", filepath.Join(dir, "etc", "state")))
			is.NoErr(os.Symlink("state/../volume/second.json", link)) // ".." is that of the volume
			is.NoErr(os.Symlink(filepath.Join(volume, "stacks.json"), filepath.Join(volume, "second.json")))
			if there {
				is.NoErr(os.WriteFile(filepath.Join(volume, "stacks.json"), []byte("{"), 0o644))
				_, err := restore(link)
				is.True(strings.Contains(err.Error(), filepath.Join("volume", "stacks.json.unreadable")))
			}
			is.NoErr(CheckSnapshotFile(link))
			actor := keeping(t, link, constant(desired("r1", "web", "h")))
			is.NoErr(actor.stop())
			to, err := os.Readlink(link)
			is.NoErr(err)
			is.Equal(to, "state/../volume/second.json")
			restored, err := restore(filepath.Join(volume, "stacks.json"))
			is.NoErr(err)
			is.Equal(restored.Revision, "r1")
			restored, err = restore(link)
			is.NoErr(err)
			is.Equal(restored.Revision, "r1")
		})
	}
}

func TestSnapshotFileThatLeadsRoundInACircleIsABadSetting(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "stacks.json")
	is.NoErr(os.Symlink("other.json", file))
	is.NoErr(os.Symlink("stacks.json", filepath.Join(dir, "other.json")))
	err := CheckSnapshotFile(file)
	is.True(strings.Contains(err.Error(), "SNAPSHOT_FILE"))
	is.True(strings.Contains(err.Error(), "symbolic links"))
}

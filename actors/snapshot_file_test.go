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

// constant is a source that always says the same.
type constant DesiredState

func (c constant) Fetch(context.Context, DesiredState) (DesiredState, error) {
	return DesiredState(c), nil
}

// exporting runs an actor and its exporter until the test ends.
func exporting(t *testing.T, file string, source Source) *Durable {
	return exportingTo(t, SnapshotFile{file, encode, decode}, source)
}

func exportingTo(t *testing.T, file SnapshotFile, source Source) *Durable {
	log := slog.New(slog.DiscardHandler)
	restored, err := file.Restore()
	is.New(t).NoErr(err)
	durable, run := NewDurable(Settings{RefreshTimeout: 1 << 40}, source, file, restored, log)
	ctx, stop := context.WithCancel(context.Background())
	// Ends with ctx; the clean-up waits for it.
	stopped := make(chan struct{})
	go func() { defer close(stopped); run(ctx) }()
	t.Cleanup(func() { stop(); <-stopped })
	_, err = durable.TriggerAndWait(t.Context(), Trigger{Source: Startup}, nil)
	is.New(t).NoErr(err)
	return durable
}

func TestReportIsInTheFileWhenItIsAnswered(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "snapshot.json")
	durable := exporting(t, file, constant(desired("r1", "db", "h", "web", "h")))
	_, err := durable.Report(t.Context(), Report{"web", Synced, "h"})
	is.NoErr(err)
	restored, err := restore(file)
	is.NoErr(err)
	is.Equal(restored.Stacks[1].AppliedHash, "h")

	// A process that begins with it finds web gone from Git, and knows that it runs.
	durable = exporting(t, file, constant(desired("r2", "db", "h")))
	view, err := durable.View(t.Context())
	is.NoErr(err)
	is.Equal(view.Snapshot.Stacks[1].Status, Deleting)
	_, err = durable.Forget(t.Context(), "web")
	is.NoErr(err)
	restored, err = restore(file)
	is.NoErr(err)
	is.Equal(len(restored.Stacks), 1)
	_, err = durable.Forget(t.Context(), "web")
	is.Equal(err, ErrStackNotFound)
	_, err = durable.Report(t.Context(), Report{"web", Synced, "h"})
	is.Equal(err, ErrStackNotFound)
}

func TestSnapshotThatDidNotChangeIsNotWritten(t *testing.T) {
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "snapshot.json")
	durable := exporting(t, file, constant(desired("r1", "web", "h")))
	is.NoErr(durable.Flush(t.Context()))
	written, err := os.Stat(file)
	is.NoErr(err)
	_, err = durable.TriggerAndWait(t.Context(), Trigger{Source: Manual}, nil)
	is.NoErr(err)
	is.NoErr(durable.Flush(t.Context()))
	is.True(os.SameFile(written, stat(t, file))) // the same revision again

	again := exporting(t, file, constant(desired("r1", "web", "h")))
	is.NoErr(again.Flush(t.Context()))
	is.True(os.SameFile(written, stat(t, file))) // what was restored is what Git still says
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
	durable := exporting(t, file, constant(desired("r1", "web", "h")))
	is.NoErr(durable.Flush(t.Context()))
	is.NoErr(os.RemoveAll(dir))
	_, err := durable.Report(t.Context(), Report{"web", Syncing, ""})
	is.True(errors.Is(err, ErrNotSaved))
	is.True(errors.Is(err, fs.ErrNotExist)) // which is why
	is.NoErr(os.Mkdir(dir, 0o755))
	_, err = durable.Report(t.Context(), Report{"web", Syncing, ""}) // said again, as the error asks
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
	durable := exporting(t, file, constant(desired("r1", "db", "h", "web", "h")))
	_, err := durable.Report(t.Context(), Report{"web", Synced, "h"})
	is.NoErr(err)
	durable = exporting(t, file, constant(desired("r2", "db", "h")))
	is.NoErr(durable.Flush(t.Context()))
	is.NoErr(os.RemoveAll(dir))
	_, err = durable.Forget(t.Context(), "web")
	is.True(errors.Is(err, ErrNotSaved))
	_, err = durable.Forget(t.Context(), "web") // said again, as the error asks
	is.True(errors.Is(err, ErrNotSaved))        // a restart would still find it
	is.NoErr(os.Mkdir(dir, 0o755))
	_, err = durable.Forget(t.Context(), "web")
	is.Equal(err, ErrStackNotFound)
	restored, err := restore(file)
	is.NoErr(err)
	is.Equal(len(restored.Stacks), 1)
}

func TestWriteThatHangsDoesNotHoldUpAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		hanging, let := make(chan struct{}, 1), make(chan struct{})
		file := SnapshotFile{filepath.Join(t.TempDir(), "snapshot.json"), func(snapshot Snapshot) []byte {
			hanging <- struct{}{}
			<-let
			return encode(snapshot)
		}, decode}
		source := constant(desired("r1", "web", "h"))
		settings, log := Settings{RefreshTimeout: time.Minute}, slog.New(slog.DiscardHandler)
		durable, run := NewDurable(settings, source, file, Snapshot{}, log)
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan struct{})
		// Ends after stop; it is waited for below.
		go func() { defer close(ran); run(ctx) }()
		_, err := durable.TriggerAndWait(t.Context(), Trigger{Source: Startup}, nil)
		is.NoErr(err)
		<-hanging
		asked := time.Now()
		stop()
		<-ran
		is.Equal(time.Since(asked), lastWrite)
		close(let)
		<-durable.stopped // the exporter ends with the write that it is at
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

// What was deployed by the word of a file that cannot be read is nowhere else: an operator may mend it.
func TestSnapshotFileThatCannotBeReadIsKeptAside(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	file, aside := filepath.Join(dir, "stacks.json"), filepath.Join(dir, "stacks.json.unreadable")
	for _, garbage := range []string{"{", "[]"} { // the newest counts
		is.NoErr(os.WriteFile(file, []byte(garbage), 0o600))
		_, err := restore(file)
		is.True(strings.Contains(err.Error(), aside))
		kept, err := os.ReadFile(aside)
		is.NoErr(err)
		is.Equal(string(kept), garbage)
		_, err = restore(file)
		is.NoErr(err) // there is none
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

func TestEachFlushTriesOnceToWriteAFileThatCannotBe(t *testing.T) {
	is := is.New(t)
	dir := filepath.Join(t.TempDir(), "there")
	is.NoErr(os.Mkdir(dir, 0o755))
	tried := make(chan struct{}, 100)
	file := SnapshotFile{filepath.Join(dir, "snapshot.json"), func(snapshot Snapshot) []byte {
		tried <- struct{}{}
		return encode(snapshot)
	}, decode}
	durable := exportingTo(t, file, constant(desired("r1", "web", "h")))
	is.NoErr(durable.Flush(t.Context()))
	is.NoErr(os.RemoveAll(dir))
	_, err := durable.Report(t.Context(), Report{"web", Syncing, ""})
	is.True(errors.Is(err, ErrNotSaved))
	before := len(tried)
	for range 10 {
		is.True(errors.Is(durable.Flush(t.Context()), ErrNotSaved))
	}
	is.True(len(tried)-before <= 11) // and once more where the change itself comes after the first flush
}

package actors

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// ErrNotSaved: the snapshot file does not hold what was accepted; it would not outlive a restart. What it wraps tells why.
var ErrNotSaved = errors.New("SNAPSHOT_FILE could not be written")

// lastWrite is how long a stop waits for a write of the snapshot file: some of the 5 s that it may take (contract,
// section 2).
const lastWrite = 2 * time.Second

// Durable is a Refresher whose reports are answered once the snapshot file holds them, so that nothing a deployer was
// told is lost by a restart. Without a file it is no more than a Refresher.
type Durable struct {
	*Refresher
	flushes chan<- chan<- error // from handlers and main → exporter; nil without a file
	stopped <-chan struct{}     // closed by the exporter at its end
}

// NewDurable returns the handle on a new refresh actor that starts from what was restored from the file, and the
// function that runs it, and the exporter beside it, until its context ends.
func NewDurable(
	settings Settings, source Source, file SnapshotFile, restored Snapshot, log *slog.Logger,
) (*Durable, func(context.Context)) {
	refresher, run := New(settings, source, restored, log)
	if file.Path == "" {
		return &Durable{Refresher: refresher}, run
	}
	flushes := make(chan chan<- error)
	stopped := make(chan struct{})
	e := &exporter{
		file: file, refresher: refresher, log: log,
		saved: firstVersion(restored), flushes: flushes, stopped: stopped,
	}
	return &Durable{refresher, flushes, stopped}, func(ctx context.Context) {
		// Ends after the refresher has, with the write that it is at; it is waited for below, unless that write hangs.
		go e.run(context.WithoutCancel(ctx))
		run(ctx)
		select {
		case <-stopped:
		case <-time.After(lastWrite):
			log.Warn("a write of SNAPSHOT_FILE hangs: the stop does not wait for it")
		}
	}
}

// Report is Refresher.Report; it returns ErrNotSaved when the report was taken but could not be written.
func (d *Durable) Report(ctx context.Context, report Report) (Stack, error) {
	stack, err := d.Refresher.Report(ctx, report)
	if err != nil {
		return Stack{}, err
	}
	return stack, d.Flush(ctx)
}

// Forget is Refresher.Forget; it returns ErrNotSaved when the stack is not there, or no more, but the file could not be
// written: a restart might find it again.
func (d *Durable) Forget(ctx context.Context, path string) (Stack, error) {
	stack, err := d.Refresher.Forget(ctx, path)
	if err != nil && !errors.Is(err, ErrStackNotFound) {
		return Stack{}, err
	}
	if unsaved := d.Flush(ctx); unsaved != nil {
		return Stack{}, unsaved
	}
	return stack, err
}

// Flush returns when the file holds all that happened before the call, or with ErrNotSaved.
func (d *Durable) Flush(ctx context.Context) error {
	if d.flushes == nil {
		return nil
	}
	reply := make(chan error, 1)
	saved, err := ask(ctx, d.stopped, d.flushes, chan<- error(reply), reply)
	if err != nil {
		return err
	}
	return saved
}

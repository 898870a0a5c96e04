package actors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// saveAgain is the pause before a snapshot that could not be written is tried again.
	saveAgain = 10 * time.Second
	// largestSnapshotFile is how much of a snapshot file is read back, in bytes.
	largestSnapshotFile = 256 << 20
)

// SnapshotFile is where a snapshot is kept across restarts, and in which form. The zero value keeps none.
type SnapshotFile struct {
	Path   string
	Encode func(Snapshot) []byte
	Decode func([]byte) (Snapshot, error)
}

// exporter is the actor of the snapshot file: its goroutine alone writes the file.
type exporter struct {
	file      SnapshotFile
	refresher *Refresher
	log       *slog.Logger
	saved     uint64              // version of the snapshot that the file holds
	flushes   <-chan chan<- error // from handlers and main → exporter
	stopped   chan struct{}       // closed at the end
}

// run keeps the file equal to the encoded snapshot until the refresher stops.
func (e *exporter) run(ctx context.Context) {
	defer close(e.stopped)
	again := stoppedTimer()
	defer again.Stop()
	changed, err := e.save(ctx)
	for {
		if err != nil {
			again.Reset(saveAgain)
		}
		select {
		case <-changed:
			changed, err = e.save(ctx)
		case <-again.C:
			changed, err = e.save(ctx)
		case reply := <-e.flushes:
			// The snapshot is looked at after the flush has come, so it holds what the caller did before.
			changed, err = e.save(ctx)
			reply <- err // never blocks: capacity 1, answered once
		case <-e.refresher.Done():
			return
		}
	}
}

// save writes the snapshot if the file does not hold it, and returns the channel that tells of the next one.
func (e *exporter) save(ctx context.Context) (<-chan struct{}, error) {
	view, err := e.refresher.View(ctx)
	if err != nil {
		return nil, err
	}
	if view.Snapshot.Version == e.saved {
		return view.Changed, nil
	}
	if err := replaceFile(e.file.Path, e.file.Encode(view.Snapshot)); err != nil {
		e.log.Error("SNAPSHOT_FILE could not be written", "error", err, "revision", view.Snapshot.Revision)
		return view.Changed, fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	e.saved = view.Snapshot.Version
	return view.Changed, nil
}

// replaceFile puts content in the place of a file in one step: a reader, and a machine that fails, finds the old or the
// new content, whole.
func replaceFile(file string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // fails after the rename, as it should
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), file); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(file))
}

// syncDirectory makes a rename in a directory outlive a machine that fails, where the system can: some file systems and
// Windows do not sync directories, and a directory may be one that can be written to and not read.
func syncDirectory(name string) error {
	directory, err := os.Open(name)
	if err == nil {
		err = errors.Join(directory.Sync(), directory.Close())
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// Restore reads back the snapshot that a process before this one left. A file that is not there yet is no error and
// gives the zero snapshot, as does a path that is empty. An error is worth a warning alone: the next refresh makes good
// for all but what deployers reported. For the sake of that, a file that cannot be read is kept aside, beside its place.
func (s SnapshotFile) Restore() (Snapshot, error) {
	if s.Path == "" {
		return Snapshot{}, nil
	}
	snapshot, err := s.read()
	if errors.Is(err, fs.ErrNotExist) {
		return Snapshot{}, nil
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("%w; %s", err, keepAside(s.Path))
	}
	return snapshot, nil
}

// keepAside moves a file out of the way of the next snapshot, and tells where to.
func keepAside(file string) string {
	aside := file + ".unreadable"
	if info, err := os.Lstat(file); err != nil || info.IsDir() || os.Rename(file, aside) != nil {
		return "it could not be moved aside, and will be replaced"
	}
	return "it is kept as " + aside
}

func (s SnapshotFile) read() (Snapshot, error) {
	f, err := os.Open(s.Path)
	if err != nil {
		return Snapshot{}, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, largestSnapshotFile+1))
	if err != nil {
		return Snapshot{}, err
	}
	if len(content) > largestSnapshotFile {
		return Snapshot{}, fmt.Errorf("%s is larger than %d MiB", s.Path, largestSnapshotFile>>20)
	}
	return s.Decode(content)
}

// CheckSnapshotFile returns an error that names SNAPSHOT_FILE when no snapshot can be written to its place. An empty
// path needs none.
func CheckSnapshotFile(file string) error {
	if file == "" {
		return nil
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("SNAPSHOT_FILE must be a regular file, and %s is none", file)
	}
	probe, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if err != nil {
		return fmt.Errorf("SNAPSHOT_FILE must be in a directory that can be written to: %w", err)
	}
	// A file that is a mount itself cannot be replaced by a rename (EBUSY, rename(2)); a link to it tells so.
	if err := os.Link(file, probe.Name()); errors.Is(err, syscall.EXDEV) {
		return fmt.Errorf("SNAPSHOT_FILE must not be a mount itself, as %s is: mount its directory", file)
	} else if err == nil {
		return os.Remove(probe.Name())
	}
	return nil
}

package actors

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// largestSnapshotFile is how much of a snapshot file is read back, in bytes.
const largestSnapshotFile = 256 << 20

// SnapshotFile is where the actor keeps its snapshot across restarts. The zero value keeps none.
type SnapshotFile struct {
	// Path of the file; empty for none.
	Path string
	// Encode returns the file's content. It runs in the actor's write worker.
	Encode func(Snapshot) []byte
	// Decode reads the content back. Its error tells an operator what is wrong with the file.
	Decode func([]byte) (Snapshot, error)
}

// write replaces the file with a snapshot. A panic of Encode becomes an error, because the next snapshot may be written
// without one.
func (f SnapshotFile) write(snapshot Snapshot) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("encode the snapshot: %v", fault)
		}
	}()
	return replaceFile(f.Path, f.Encode(snapshot))
}

// replaceFile replaces the content of a file in one step: a reader finds all of the old or all of the new content, even
// after the machine has failed. A symbolic link stays, and the file that it points to is replaced.
func replaceFile(file string, content []byte) error {
	file, err := followLinks(file)
	if err != nil {
		return err
	}
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

// followLinks returns the path of the file that a path leads to through symbolic links, whether that file is there or not.
// A rename does not follow them (rename(2)), and a link may lead to the only place that outlives a container.
func followLinks(file string) (string, error) {
	const most = 40 // as many as Linux follows (path_resolution(7))
	for range most {
		directory, name := filepath.Split(file)
		directory, err := filepath.EvalSymlinks(cmp.Or(directory, "."))
		if err != nil {
			return "", err
		}
		file = filepath.Join(directory, name)
		to, err := os.Readlink(file)
		switch {
		case err != nil:
			return file, nil // it is no link, or nothing is there yet
		case filepath.IsAbs(to):
			file = to
		default:
			file = directory + string(filepath.Separator) + to // Join would take a "link/.." for nothing
		}
	}
	return "", fmt.Errorf("%s leads through more than %d symbolic links", file, most)
}

// syncDirectory makes a rename in a directory survive a failure of the machine. It returns no error if the system
// cannot do that: Windows and some file systems do not sync directories, and the directory may be writable and not
// readable.
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

// Restore reads back the snapshot that an earlier process left. It returns the zero snapshot and no error if the path
// is empty or the file does not exist. After an error the service can start all the same: the next refresh restores
// everything but what deployers reported. Restore moves an unreadable file aside, so that an operator can save these
// reports.
func (f SnapshotFile) Restore() (Snapshot, error) {
	snapshot, err := f.Read()
	if err != nil {
		return Snapshot{}, fmt.Errorf("%w; %s", err, keepAside(f.Path))
	}
	return snapshot, nil
}

// Read is Restore for those who change nothing: it leaves an unreadable file where it is.
func (f SnapshotFile) Read() (Snapshot, error) {
	if f.Path == "" {
		return Snapshot{}, nil
	}
	snapshot, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		return Snapshot{}, nil
	}
	return snapshot, err
}

// keepAside renames a file so that the next snapshot does not overwrite it, and returns a phrase that tells the new
// name.
func keepAside(file string) string {
	file, err := followLinks(file)
	aside := file + ".unreadable"
	if err != nil {
		return "it could not be moved aside, and will be replaced"
	}
	if info, err := os.Lstat(file); err != nil || info.IsDir() || os.Rename(file, aside) != nil {
		return "it could not be moved aside, and will be replaced"
	}
	return "it is kept as " + aside
}

func (f SnapshotFile) read() (Snapshot, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return Snapshot{}, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, largestSnapshotFile+1))
	if err != nil {
		return Snapshot{}, err
	}
	if len(content) > largestSnapshotFile {
		return Snapshot{}, fmt.Errorf("%s is larger than %d MiB", f.Path, largestSnapshotFile>>20)
	}
	return f.Decode(content)
}

// CheckSnapshotFile returns an error that names SNAPSHOT_FILE when no snapshot can be written to that path. An empty
// path is valid: the service then keeps no file.
func CheckSnapshotFile(file string) error {
	if file == "" {
		return nil
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("SNAPSHOT_FILE must be a regular file, and %s is none", file)
	}
	file, err := followLinks(file)
	if err != nil {
		return fmt.Errorf("SNAPSHOT_FILE must be in a directory that can be written to: %w", err)
	}
	probe, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if err != nil {
		return fmt.Errorf("SNAPSHOT_FILE must be in a directory that can be written to: %w", err)
	}
	// A rename cannot replace a file that is itself a mount (EBUSY, rename(2)). A hard link to such a file fails
	// (EXDEV).
	if err := os.Link(file, probe.Name()); errors.Is(err, syscall.EXDEV) {
		return fmt.Errorf("SNAPSHOT_FILE must not be a mount itself, as %s is: mount its directory", file)
	} else if err == nil {
		return os.Remove(probe.Name())
	}
	return nil
}

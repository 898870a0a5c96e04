package checkout

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"
)

func TestAFullDiskIsToldAndLeavesTheFilesAsTheyWere(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: a disk of its own is mounted")
	}
	is := is.New(t)
	work := t.TempDir()
	is.NoErr(syscall.Mount("tmpfs", work, "tmpfs", 0, "size=256k"))
	t.Cleanup(func() { is.NoErr(syscall.Unmount(work, 0)) })
	contents := newBlobs()
	d, err := Open(work)
	is.NoErr(err)
	defer d.Close()
	before := commit{"a/x": "1", "a/y": "1"}
	_, err = d.Put(t.Context(), "a", contents.files(before), contents)
	is.NoErr(err)

	large := commit{"a/x": "2", "a/y": strings.Repeat("2", 300<<10)}
	_, err = d.Put(t.Context(), "a", contents.files(large), contents)
	var refused *Refused
	is.True(errors.As(err, &refused))
	is.Equal(refused.Message, "The disk of WORK_DIR is full; make room on it.")
	is.Equal(onDisk(t, work+"/tree"), before)

	is.True(os.WriteFile(work+"/filler", make([]byte, 300<<10), 0o600) != nil) // now nothing fits, not even the list
	_, err = d.Put(t.Context(), "a", contents.files(commit{"a/x": "3", "a/z": "3"}), contents)
	is.True(err != nil)
	is.NoErr(os.Remove(work + "/filler"))

	small := commit{"a/x": "3", "a/z": "3"}
	_, err = d.Put(t.Context(), "a", contents.files(small), contents)
	is.NoErr(err)
	is.Equal(onDisk(t, work+"/tree"), small)
}

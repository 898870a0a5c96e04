package checkout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// smallDisk is a directory with a disk of its own, of 256 KiB. Without root, or a sudo that asks for no password, the test is
// skipped, and fails in CI.
func smallDisk(t *testing.T) string {
	t.Helper()
	is := is.New(t)
	asRoot := func(arguments ...string) error {
		if os.Geteuid() != 0 {
			arguments = append([]string{"sudo", "--non-interactive"}, arguments...)
		}
		return exec.Command(arguments[0], arguments[1:]...).Run()
	}
	directory := t.TempDir()
	options := fmt.Sprintf("size=256k,mode=700,uid=%d", os.Geteuid())
	err := asRoot("mount", "-t", "tmpfs", "-o", options, "tmpfs", directory)
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("this test needs root, to mount a disk: ", err)
	}
	is.NoErr(err)
	t.Cleanup(func() { is.NoErr(asRoot("umount", directory)) })
	return directory
}

func TestAFullDiskIsToldAndLeavesTheFilesAsTheyWere(t *testing.T) {
	is := is.New(t)
	work := smallDisk(t)
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

// counting gives the blobs of another Contents, and counts the descriptors that this process has open meanwhile.
type counting struct {
	*blobs
	most int
}

func (c *counting) Blobs(ctx context.Context, ids []string, visit func(string, []byte) error) error {
	return c.blobs.Blobs(ctx, ids, func(id string, content []byte) error {
		open, err := os.ReadDir("/proc/self/fd")
		c.most = max(c.most, len(open))
		return errors.Join(err, visit(id, content))
	})
}

func TestThousandsOfFilesAreWrittenWithFewDescriptors(t *testing.T) {
	is := is.New(t)
	work, contents := t.TempDir(), &counting{blobs: newBlobs()}
	d := open(t, work)
	files := commit{}
	for i := range 2000 {
		files[fmt.Sprintf("a/%d/f%d", i%50, i)] = fmt.Sprint(i)
	}
	before, err := os.ReadDir("/proc/self/fd")
	is.NoErr(err)
	_, err = d.Put(t.Context(), "a", contents.files(files), contents)
	is.NoErr(err)
	is.Equal(onDisk(t, work+"/tree"), files)
	if contents.most > len(before)+10 {
		t.Errorf("%d descriptors are open, %d before", contents.most, len(before))
	}
}

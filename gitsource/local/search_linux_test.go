package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
)

// /proc is a file system of its own everywhere, and the root is above it.
func TestTheSearchEndsAtTheBorderOfTheFileSystem(t *testing.T) {
	is := is.New(t)
	_, err := searchGitDir("/proc/self/fdinfo", os.Geteuid())
	is.Equal(fault.Of(err).Code, actors.CodeNotFound)
	is.True(strings.Contains(fault.Of(err).Message, "on the same file system"))

	r := githost.New(t)
	r.Commit("sub/docker-compose.yml", "1")
	inside, err := os.Stat(filepath.Join(r.Dir, "sub"))
	is.NoErr(err)
	top, err := os.Stat(r.Dir)
	is.NoErr(err)
	proc, err := os.Stat("/proc")
	is.NoErr(err)
	is.True(onOneFileSystem(inside, top))
	is.True(!onOneFileSystem(inside, proc))
}

package integration_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/matryer/is"
	"golang.org/x/sys/unix"

	"mooring/integration_test/lab"
)

// terminal opens a pseudo-terminal (pty(7)): what is written to the second end is read from the first.
func terminal(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	is := is.New(t)
	reader, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	is.NoErr(err)
	t.Cleanup(func() { reader.Close() })
	is.NoErr(unix.IoctlSetPointerInt(int(reader.Fd()), unix.TIOCSPTLCK, 0)) // unlock it
	number, err := unix.IoctlGetInt(int(reader.Fd()), unix.TIOCGPTN)
	is.NoErr(err)
	writer, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	is.NoErr(err)
	t.Cleanup(func() { writer.Close() })
	return reader, writer
}

func TestOnceSaysOnATerminalWhatItWaitsFor(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	host := serveRepository(t, repo)
	host.Demand("robot", "s3cret/with space")
	reader, writer := terminal(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, os.Getenv(program), "-once")
	command.Dir = t.TempDir()
	command.Env = lab.Environment(t.TempDir(), []string{
		"GIT_URL=" + host.url("robot", "s3cret/with space"), "REFRESH_TIMEOUT=30s",
	})
	command.Stderr = writer
	output, err := command.Output()
	is.NoErr(err)
	is.Equal(decode[snapshot](t, reply{body: string(output)}).Revision, revision) // standard output stays clean
	said := make([]byte, 1024)
	n, err := reader.Read(said)
	is.NoErr(err)
	line := strings.TrimSpace(string(said[:n]))
	// The line has no secret. The other tests of -once check that nothing is printed to a pipe.
	is.Equal(line, "mooring: waiting for "+host.url()+", for 30s at most")
}

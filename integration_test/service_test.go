package integration_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// service is the running program: a process with an environment, a home and a log of its own.
type service struct {
	t *testing.T
	*lab.Process
	address string // host:port of its API; empty when it opens none
	home    string
	secrets secrets
	stdout  *bytes.Buffer // may be read once Exited is closed
	http    *http.Client
	// snapshotFile is the path in SNAPSHOT_FILE, or empty. The file must exist at the end of a test.
	snapshotFile string
}

// start runs the service until the test ends, and returns when it listens. Variables (NAME=value) override these
// defaults: polling is off, the port is any free one, and the log is at debug level, so that it can be searched for
// secrets.
func start(t *testing.T, variables ...string) *service {
	t.Helper()
	return startIn(t, t.TempDir(), variables...)
}

// startIn is start with a working directory.
func startIn(t *testing.T, directory string, variables ...string) *service {
	t.Helper()
	s := launch(t, directory, variables...)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	address, err := s.Listening(ctx)
	is.New(t).NoErr(err)
	s.address = address
	return s
}

// launch starts the process and returns at once.
func launch(t *testing.T, directory string, variables ...string) *service {
	t.Helper()
	return launchWith(t, lab.Launch{Directory: directory}, variables...)
}

// launchWith is launch with sockets that are handed over.
func launchWith(t *testing.T, parameters lab.Launch, variables ...string) *service {
	t.Helper()
	variables = append([]string{"POLL_INTERVAL=0", "LISTEN_ADDR=127.0.0.1:0", "LOG_LEVEL=debug"}, variables...)
	s := &service{
		t: t, home: t.TempDir(), secrets: secretsOf(variables), stdout: new(bytes.Buffer),
		http: lab.NewClient(16, 2*patience), snapshotFile: settingOf(variables, "SNAPSHOT_FILE"),
	}
	parameters.Program = cmp.Or(settingOf(variables, program), os.Getenv(program))
	parameters.Home, parameters.Variables, parameters.Stdout = s.home, variables, s.stdout
	process, err := parameters.Start(context.Background())
	is.New(t).NoErr(err)
	s.Process = process
	t.Cleanup(process.Log.Close)
	t.Cleanup(s.http.CloseIdleConnections)
	t.Cleanup(s.finish)
	return s
}

// finish stops the service at the end of each test. It checks that the service exits with 0, has printed nothing to
// standard output, has left no file in its HOME and has shown no secret.
func (s *service) finish() {
	s.t.Helper()
	select {
	case <-s.Exited:
	default:
		if code := s.stop(syscall.SIGTERM); code != 0 {
			s.t.Errorf("the service exits with %d; its log ends: %q", code, s.lastLines())
		}
	}
	is := is.New(s.t)
	is.Equal(s.stdout.String(), "")
	left, err := os.ReadDir(s.home)
	is.NoErr(err)
	is.Equal(len(left), 0) // files left behind in HOME or TMPDIR
	s.secrets.check(s.t, "the log", strings.Join(s.lines(), "\n"))
	if s.snapshotFile != "" {
		content, err := os.ReadFile(s.snapshotFile)
		is.NoErr(err) // the file must exist
		s.secrets.check(s.t, "SNAPSHOT_FILE", string(content))
	}
}

// settingOf returns the value of a variable. If it is set twice, the last one counts.
func settingOf(variables []string, name string) string {
	var found string
	for _, variable := range variables {
		if value, is := strings.CutPrefix(variable, name+"="); is {
			found = value
		}
	}
	return found
}

// stop sends a signal, waits for the end of the process and returns the exit code. The process must end in time.
func (s *service) stop(signal syscall.Signal) int {
	s.t.Helper()
	s.signal(signal)
	return s.exit()
}

func (s *service) signal(signal syscall.Signal) {
	s.t.Helper()
	is.New(s.t).NoErr(s.Command.Process.Signal(signal))
}

// exit waits for the end of the process and returns its exit code, or -1 if a signal ended it.
func (s *service) exit() int {
	s.t.Helper()
	code, err := s.Exit()
	if err != nil {
		s.t.Errorf("%v; its log ends: %q", err, s.lastLines())
	}
	return code
}

func (s *service) lines() []string { return s.Log.Value() }

func (s *service) lastLines() []string {
	lines := s.lines()
	return lines[max(0, len(lines)-12):]
}

// logged waits for a line of the log that contains all of these parts, and returns the first one.
func (s *service) logged(parts ...string) string {
	s.t.Helper()
	var found string
	await(s.t, s.Log, "a log line with "+strings.Join(parts, " and "), func(lines []string) bool {
		i := slices.IndexFunc(lines, func(line string) bool { return holdsAll(line, parts) })
		if i >= 0 {
			found = lines[i]
		}
		return i >= 0 || slices.Contains(lines, lab.EndOfLog)
	})
	if found == "" {
		s.t.Fatalf("the service has ended without a log line with %q: %q", parts, s.lastLines())
	}
	return found
}

// count returns how many lines of the log contain all of these parts.
func (s *service) count(parts ...string) int {
	count := 0
	for _, line := range s.lines() {
		if holdsAll(line, parts) {
			count++
		}
	}
	return count
}

func holdsAll(line string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
}

// result is the exit code and the output of a command.
type result struct {
	code           int
	stdout, stderr string
}

// run runs the program to its end and checks that it shows no secret.
func run(t *testing.T, args []string, variables ...string) result {
	t.Helper()
	return runBy(t, append([]string{os.Getenv(program)}, args...), variables...)
}

// runBy is run with a whole command line, such as a shell that starts the program.
func runBy(t *testing.T, args []string, variables ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Dir, command.Env = t.TempDir(), lab.Environment(t.TempDir(), variables)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%q: %v", args, err)
	}
	told := secretsOf(variables)
	told.check(t, "the output", stdout.String()+stderr.String())
	told.check(t, "SNAPSHOT_FILE", contentOf(settingOf(variables, "SNAPSHOT_FILE")))
	return result{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

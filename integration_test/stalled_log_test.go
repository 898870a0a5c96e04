package integration_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// The reader of the log may stop reading, and the disk of the log may be full. The service goes on, and stops when it
// is asked to.

// logsTo is a service with a standard error that the test has opened.
type logsTo struct {
	t       *testing.T
	command *exec.Cmd
	client  *http.Client
	address string
}

// startLogging starts the service with a standard error and a free port, and kills it at the end of the test at the
// latest.
func startLogging(t *testing.T, stderr *os.File) *logsTo {
	t.Helper()
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	is.NoErr(err)
	address := listener.Addr().String()
	is.NoErr(listener.Close())
	s := &logsTo{t, exec.CommandContext(t.Context(), os.Getenv(program)), lab.NewClient(4, patience), address}
	t.Cleanup(s.client.CloseIdleConnections)
	variables := []string{"GIT_URL=" + repo.bare, "LISTEN_ADDR=" + address, "POLL_INTERVAL=0", "WEBHOOK_SECRET=known to nobody"}
	s.command.Env, s.command.Stderr = lab.Environment(t.TempDir(), variables), stderr
	is.NoErr(s.command.Start())
	return s
}

// answers sends a request and returns the status, or 0 without an answer.
func (s *logsTo) answers(method, path string) int {
	answer, err := lab.Ask(s.t.Context(), s.client, method, "http://"+s.address+path, "")
	if err != nil {
		return 0
	}
	return answer.Status
}

// refuseMany sends many deliveries without a signature: their warnings fill any pipe.
func (s *logsTo) refuseMany() {
	s.t.Helper()
	for range 2000 {
		is.New(s.t).Equal(s.answers(http.MethodPost, "/api/v1/webhook"), http.StatusUnauthorized)
	}
}

// stops asks the process to end, and returns its exit code, or -1 when it does not end in time.
func (s *logsTo) stops() int {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), lab.StopLimit)
	defer cancel()
	ended := make(chan error, 1)
	// Ends with the process, which is killed at the end of the test at the latest.
	go func() { ended <- s.command.Wait() }()
	is.New(s.t).NoErr(s.command.Process.Signal(syscall.SIGTERM))
	select {
	case <-ended:
		return s.command.ProcessState.ExitCode()
	case <-ctx.Done():
		_ = s.command.Process.Kill()
		<-ended
		return -1
	}
}

// untilListening reads the log up to the line that tells of the listener.
func untilListening(t *testing.T, log *bufio.Reader) {
	t.Helper()
	for {
		line, err := log.ReadString('\n')
		is.New(t).NoErr(err)
		if strings.Contains(line, "listening") {
			return
		}
	}
}

func TestLogThatNobodyReadsStopsNothing(t *testing.T) {
	is := is.New(t)
	unread, stderr, err := os.Pipe()
	is.NoErr(err)
	defer unread.Close()
	s := startLogging(t, stderr)
	is.NoErr(stderr.Close()) // only the service has it now
	untilListening(t, bufio.NewReaderSize(unread, 16))
	s.refuseMany()
	is.Equal(s.answers(http.MethodGet, "/healthz"), http.StatusOK)
	is.Equal(s.answers(http.MethodPost, "/api/v1/refresh?wait=10s"), http.StatusOK)
	is.Equal(s.stops(), 0)
}

func TestLogThatIsReadAgainTellsHowManyLinesAreLost(t *testing.T) {
	is := is.New(t)
	unread, stderr, err := os.Pipe()
	is.NoErr(err)
	defer unread.Close()
	s := startLogging(t, stderr)
	is.NoErr(stderr.Close())
	log := bufio.NewReader(unread)
	untilListening(t, log)
	const rounds = 4 // 8,000 lines of 190 bytes: the service keeps a MiB of them
	for range rounds {
		s.refuseMany()
	}
	refused, lost := 0, 0
	for lost == 0 {
		line, err := log.ReadString('\n')
		is.NoErr(err)
		if strings.Contains(line, "webhook refused") {
			refused++
		}
		if strings.Contains(line, "lines of the log were dropped") {
			lost, err = strconv.Atoi(lab.Field(strings.TrimSuffix(line, "\n"), "count"))
			is.NoErr(err)
		}
	}
	is.Equal(refused+lost, rounds*2000)
	go io.Copy(io.Discard, log) // ends with the process, which is the last to have the other end
	is.Equal(s.stops(), 0)
}

func TestFullDiskUnderTheLogStopsNothing(t *testing.T) {
	is := is.New(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0) // each write to it fails as on a full disk (full(4))
	if err != nil {
		t.Skip("this test needs /dev/full")
	}
	defer full.Close()
	s := startLogging(t, full)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for s.answers(http.MethodGet, "/readyz") != http.StatusOK { // there is no log to wait for
		is.NoErr(ctx.Err())
	}
	s.refuseMany()
	is.Equal(s.answers(http.MethodGet, "/healthz"), http.StatusOK)
	is.Equal(s.answers(http.MethodPost, "/api/v1/refresh?wait=10s"), http.StatusOK)
	is.Equal(s.stops(), 0)
}

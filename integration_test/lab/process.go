package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// StopLimit is how long the service may take to stop.
const StopLimit = 5 * time.Second

// EndOfLog follows the last line of a log.
const EndOfLog = "(end of log)"

// Launch has the parameters of a start of the service.
type Launch struct {
	Program string
	// Directory is the working directory, and Home is HOME and TMPDIR.
	Directory, Home string
	// Variables have the form NAME=value; the last one of a name counts.
	Variables []string
	Stdout    io.Writer
	// Sockets are handed over to the service, as systemd does it (sd_listen_fds(3)), under the names in Names.
	Sockets []*os.File
	Names   []string
	// Keep is how many of the log's last lines are kept at least; 0 keeps all.
	Keep int
	// Line is called with each line of the log, by the goroutine that reads the log. It may be nil.
	Line func(string)
}

// Process is a running service.
type Process struct {
	Command *exec.Cmd
	// Log has the lines of standard error so far, and at the end EndOfLog.
	Log Watched[[]string]
	// Exited is closed when the process has ended and its log is complete.
	Exited <-chan struct{}
}

// Environment is the whole environment of a process of the service.
func Environment(home string, variables []string) []string {
	// GORACE stops the race detector from sleeping for a second at an exit. Other builds ignore it.
	clean := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "GORACE=atexit_sleep_ms=0"}
	return append(clean, variables...)
}

// Start starts the process and returns at once. The process is killed when ctx ends. The caller waits for Exited and
// then closes Log.
func (l Launch) Start(ctx context.Context) (*Process, error) {
	exited := make(chan struct{})
	p := &Process{Command: exec.CommandContext(ctx, l.Program), Log: Watch([]string(nil)), Exited: exited}
	p.Command.Dir, p.Command.Env, p.Command.Stdout = l.Directory, Environment(l.Home, l.Variables), l.Stdout
	if len(l.Sockets) > 0 {
		l.handOver(p.Command)
	}
	stderr, err := p.Command.StderrPipe()
	if err == nil {
		err = p.Command.Start()
	}
	if err != nil {
		p.Log.Close()
		return nil, fmt.Errorf("start the service: %w", err)
	}
	// Ends when the process does; the caller waits for Exited.
	go func() {
		defer close(exited)
		p.follow(stderr, l)
		_ = p.Command.Wait() // the result is in ProcessState
	}()
	return p, nil
}

// handOver lets a command start with the sockets. Only the new process knows its id, which must be in LISTEN_PID: a shell
// sets it, and then becomes the service.
func (l Launch) handOver(command *exec.Cmd) {
	shell := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$0"`, l.Program)
	command.Path, command.Args = shell.Path, shell.Args
	command.ExtraFiles = l.Sockets // from descriptor 3 on
	command.Env = append(command.Env, "LISTEN_FDS="+strconv.Itoa(len(l.Sockets)), "LISTEN_FDNAMES="+strings.Join(l.Names, ":"))
}

// follow reads the log to its end.
func (p *Process) follow(stderr io.Reader, l Launch) {
	add := func(line string) {
		if l.Line != nil {
			l.Line(line)
		}
		p.Log.Change(func(lines *[]string) {
			if l.Keep > 0 && len(*lines) >= 2*l.Keep {
				*lines = slices.Clone((*lines)[len(*lines)-l.Keep:])
			}
			*lines = append(*lines, line)
		})
	}
	defer add(EndOfLog)
	for reader := bufio.NewReader(stderr); ; {
		line, err := reader.ReadString('\n')
		if line != "" {
			add(strings.TrimSuffix(line, "\n"))
		}
		if err != nil {
			return
		}
	}
}

// Exit waits for the end of the process and returns its exit code, or -1 if a signal ended it. After StopLimit it kills
// the process and returns an error.
func (p *Process) Exit() (int, error) {
	limit := time.NewTimer(StopLimit)
	defer limit.Stop()
	var err error
	select {
	case <-p.Exited:
	case <-limit.C:
		_ = p.Command.Process.Kill() // fails if it has just ended
		<-p.Exited
		err = fmt.Errorf("the service has not stopped within %s", StopLimit)
	}
	return p.Command.ProcessState.ExitCode(), err
}

// Stop asks the process to end and closes its log. It returns an error if the process does not end in time and with
// exit code 0.
func (p *Process) Stop() error {
	defer p.Log.Close()
	if err := p.Command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the service: %w", err)
	}
	code, err := p.Exit()
	if err == nil && code != 0 {
		err = fmt.Errorf("the service exits with %d", code)
	}
	if err != nil {
		err = fmt.Errorf("%w: %s", err, Tail(strings.Join(p.Log.Value(), "\n")))
	}
	return err
}

// Listening waits until the service listens, and returns the address of its API, host:port.
func (p *Process) Listening(ctx context.Context) (string, error) {
	return p.tells(ctx, func(line string) string { return Listening([]string{line}) })
}

// Metrics waits until the service serves its metrics, and returns the address, host:port.
func (p *Process) Metrics(ctx context.Context) (string, error) {
	return p.tells(ctx, func(line string) string {
		if !strings.Contains(line, "serving metrics") {
			return ""
		}
		return Field(line, "address")
	})
}

// tells waits until the function in returns something for a line of the log, and returns that.
func (p *Process) tells(ctx context.Context, in func(string) string) (string, error) {
	found := ""
	lines, err := p.Log.Await(ctx, func(lines []string) bool {
		for _, line := range lines {
			if found = in(line); found != "" {
				return true
			}
		}
		return slices.Contains(lines, EndOfLog)
	})
	if err == nil && found == "" {
		err = errors.New("the service has ended")
	}
	if err != nil {
		return "", fmt.Errorf("wait for the service's address: %w: %s", err, Tail(strings.Join(lines, "\n")))
	}
	return found, nil
}

// Ready waits until /readyz answers 200. Requests without a pause would take processor time from the service. So Ready
// asks after each new line of the log and every 50 ms, and every millisecond once the log tells of a refresh's end.
func (p *Process) Ready(ctx context.Context, client *http.Client, address string) error {
	const seldom, often = 50 * time.Millisecond, time.Millisecond
	ticker := time.NewTicker(seldom)
	defer ticker.Stop()
	for soon := false; ; {
		log := p.Log.Look()
		if !soon && slices.ContainsFunc(log.Value, func(l string) bool { return strings.Contains(l, "refresh completed") }) {
			soon = true
			ticker.Reset(often)
		}
		answer, err := Ask(ctx, client, http.MethodGet, "http://"+address+"/readyz", "")
		switch {
		case err == nil && answer.Status == http.StatusOK:
			return nil
		case slices.Contains(log.Value, EndOfLog):
			return fmt.Errorf("the service has ended: %s", Tail(strings.Join(log.Value, "\n")))
		}
		select {
		case <-log.Changed:
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the service to be ready: %w: %s", ctx.Err(), Tail(strings.Join(log.Value, "\n")))
		}
	}
}

// Listening returns the address in the line that tells of the listener, in either format of the log, or nothing.
func Listening(lines []string) string {
	told := regexp.MustCompile(`"?msg"?[=:]"?listening"? ?,?"?address"?[=:]"?([0-9.:]+)`)
	for _, line := range lines {
		if match := told.FindStringSubmatch(line); match != nil {
			return match[1]
		}
	}
	return ""
}

// Field returns the value of an attribute in a line of the log's text format.
func Field(line, name string) string {
	match := regexp.MustCompile(` ` + name + `=("[^"]*"|\S*)`).FindStringSubmatch(line)
	if match == nil {
		return ""
	}
	return strings.Trim(match[1], `"`)
}

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
	"strings"
	"syscall"
	"time"
)

// StopLimit is how long the service may take to stop.
const StopLimit = 5 * time.Second

// EndOfLog is put after the last line of a log.
const EndOfLog = "(end of log)"

// Launch says how the service is started.
type Launch struct {
	Program string
	// Directory is the working directory, Home is HOME and TMPDIR.
	Directory, Home string
	// Variables have the form NAME=value; the last one of a name counts.
	Variables []string
	Stdout    io.Writer
	// Keep is how many of the log's last lines are kept, at least; 0 keeps all.
	Keep int
	// Line is called with each line of the log, by the goroutine that reads it; nil: nothing is.
	Line func(string)
}

// Process is the service as it runs.
type Process struct {
	Command *exec.Cmd
	// Log are the lines of standard error so far, and EndOfLog when there are no more.
	Log Watched[[]string]
	// Exited is closed when the process has ended and its log is whole.
	Exited <-chan struct{}
}

// Environment is all that a process of the service gets to see of this machine.
func Environment(home string, variables []string) []string {
	// GORACE saves the second that the race detector sleeps at an exit; it means nothing to other builds.
	clean := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "GORACE=atexit_sleep_ms=0"}
	return append(clean, variables...)
}

// Start starts the process, which is killed when ctx ends, and waits for nothing that it does. The caller waits for
// Exited and then closes Log.
func (l Launch) Start(ctx context.Context) (*Process, error) {
	exited := make(chan struct{})
	p := &Process{Command: exec.CommandContext(ctx, l.Program), Log: Watch([]string(nil)), Exited: exited}
	p.Command.Dir, p.Command.Env, p.Command.Stdout = l.Directory, Environment(l.Home, l.Variables), l.Stdout
	stderr, err := p.Command.StderrPipe()
	if err == nil {
		err = p.Command.Start()
	}
	if err != nil {
		p.Log.Close()
		return nil, fmt.Errorf("start the service: %w", err)
	}
	// Ends when the process does; whoever started it waits for Exited.
	go func() {
		defer close(exited)
		p.follow(stderr, l)
		_ = p.Command.Wait() // ProcessState tells
	}()
	return p, nil
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

// Exit waits for the end of the process and returns its exit code, -1 for one that a signal ended. A process that takes
// longer than StopLimit is killed, which is an error.
func (p *Process) Exit() (int, error) {
	limit := time.NewTimer(StopLimit)
	defer limit.Stop()
	var err error
	select {
	case <-p.Exited:
	case <-limit.C:
		_ = p.Command.Process.Kill() // it may have ended just now
		<-p.Exited
		err = fmt.Errorf("the service has not stopped within %s", StopLimit)
	}
	return p.Command.ProcessState.ExitCode(), err
}

// Stop asks the process to end, which must come in time and with exit code 0, and closes its log.
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

// tells waits for a line of the log that has something in it, and returns that.
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

// Ready waits until /readyz answers 200. To ask without pause would take the processor from the service: it is asked
// after each new line of the log, and otherwise now and then; every millisecond once the log tells of a refresh's end.
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

// Listening returns the address that one of a log's lines tells, in either format, or nothing.
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

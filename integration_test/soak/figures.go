package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// tally counts what happens: a channel that always holds the one list of counts.
type tally chan [kinds]int

// kind is what is counted.
type kind int

const (
	pushed kind = iota
	faulted
	webhooks
	refused
	refreshed
	failed
	read
	followed
	reported
	kinds
)

func newTally() tally {
	t := make(tally, 1)
	t <- [kinds]int{}
	return t
}

func (t tally) count(k kind, n int) {
	counts := <-t
	counts[k] += n
	t <- counts
}

// String tells the counts in words.
func (t tally) String() string {
	n := <-t
	t <- n
	return fmt.Sprintf("%d pushes, %d faults, %d webhooks, %d refusals, %d refreshes waited for (%d failed), %d rounds of "+
		"reading, %d of following, %d reports", n[pushed], n[faulted], n[webhooks], n[refused], n[refreshed], n[failed], n[read],
		n[followed], n[reported])
}

// figures are what the process has at one moment, while nothing is asked of it.
type figures struct {
	resident, peak   int // KiB
	threads, files   int
	goroutines, ends int // ends: refreshes that have ended, of all sources
}

// figures waits until the connections of the load are gone, and reads what the system says of the process
// (proc_pid_status(5)) and what it says of itself.
func (s *service) figures(ctx context.Context) (figures, error) {
	var f figures
	var err error
	for range 100 { // what was closed is gone within a moment
		if f.files, err = s.files(); err != nil || f.files <= idleFiles {
			break
		}
		select {
		case <-ctx.Done():
			return figures{}, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	if err != nil {
		return figures{}, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return figures{}, err
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		number, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "VmRSS":
			f.resident = number
		case "VmHWM":
			f.peak = number
		case "Threads":
			f.threads = number
		}
	}
	return f, s.ownFigures(ctx, &f)
}

// idleFiles are the open files of a process of which nothing is asked: its listeners, its log, the poller's own and a
// connection to the Git host, or few more.
const idleFiles = 12

func (s *service) files() (int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.command.Process.Pid))
	return len(entries), err
}

// ownFigures reads the metrics.
func (s *service) ownFigures(ctx context.Context, f *figures) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics+"/metrics", nil)
	if err != nil {
		return err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("read the metrics: %w", err)
	}
	defer func() {
		answer.Body.Close()
		s.client.CloseIdleConnections()
	}()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		number, _ := strconv.ParseFloat(value, 64)
		switch {
		case name == "go_goroutines":
			f.goroutines = int(number)
		case strings.HasPrefix(name, "mooring_refreshes_total"):
			f.ends += int(number)
		}
	}
	if f.goroutines == 0 {
		return errors.New("the metrics do not tell of goroutines")
	}
	return nil
}

func printFigures(out io.Writer, first, last figures) {
	fmt.Fprintf(out, "| | after a fifth | at the end |\n| --- | --- | --- |\n")
	for _, row := range []struct {
		name        string
		first, last int
	}{
		{"refreshes", first.ends, last.ends}, {"resident, KiB", first.resident, last.resident},
		{"most resident, KiB", first.peak, last.peak}, {"goroutines", first.goroutines, last.goroutines},
		{"threads", first.threads, last.threads}, {"open files", first.files, last.files},
	} {
		fmt.Fprintf(out, "| %s | %d | %d |\n", row.name, row.first, row.last)
	}
}

// isFlat tells what has grown, beyond what the garbage collector's and the scheduler's timing explain.
func (f figures) isFlat(before figures) error {
	const slack = 8 << 10 // KiB
	var grown []error
	if f.resident > before.resident+before.resident/4+slack {
		grown = append(grown, errors.New("memory grows"))
	}
	if f.goroutines > before.goroutines+3 {
		grown = append(grown, errors.New("goroutines grow"))
	}
	if f.threads > before.threads+4 {
		grown = append(grown, errors.New("threads grow"))
	}
	if f.files > before.files+3 {
		grown = append(grown, errors.New("open files grow"))
	}
	if f.peak >= 128<<10 {
		grown = append(grown, errors.New("the process had more than 128 MiB"))
	}
	return errors.Join(grown...)
}

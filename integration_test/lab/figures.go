package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Figures are the resources that a process uses at one moment.
type Figures struct {
	// Resident is its memory, and Peak the most that it ever had, in bytes (proc_pid_status(5), VmRSS and VmHWM).
	//
	// The peak of wait4(2) is of no use: a process begins as a copy of its parent, and its peak begins with the
	// parent's.
	Resident, Peak int64
	Threads, Files int
	// CPU is the processor time that it has used.
	CPU time.Duration
	// Goroutines comes from the service's metrics; 0 if they were not read.
	Goroutines int
}

// FiguresOf reads the figures of a process from Linux. On other systems it returns an error.
func FiguresOf(pid int) (Figures, error) {
	place := fmt.Sprintf("/proc/%d/", pid)
	status, err := os.ReadFile(place + "status")
	stat, err2 := os.ReadFile(place + "stat")
	files, err3 := os.ReadDir(place + "fd")
	if err := errors.Join(err, err2, err3); err != nil {
		return Figures{}, fmt.Errorf("read what the system tells of the process: %w", err)
	}
	f := Figures{Files: len(files), CPU: cpu(stat)}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		number, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64) // or another line
		switch name {
		case "VmRSS":
			f.Resident = number << 10
		case "VmHWM":
			f.Peak = number << 10
		case "Threads":
			f.Threads = int(number)
		}
	}
	return f, nil
}

// cpu reads the times in user and system mode (proc_pid_stat(5)). Linux gives them in ticks of 10 ms.
func cpu(stat []byte) time.Duration {
	// The second field is the program's name in brackets, which may contain blanks and brackets.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const user, system, tick = 14 - 3, 15 - 3, 10 * time.Millisecond
	var ticks int
	for i := user; i <= system && i < len(fields); i++ {
		n, _ := strconv.Atoi(string(fields[i])) // digits
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// Grown returns an error that names each figure that has grown by more than a new connection, the garbage collector and
// the scheduler explain.
func (f Figures) Grown(since Figures) error {
	const slack = 8 << 20 // bytes
	var grown []error
	for what, is := range map[string]bool{
		"memory":     f.Resident > since.Resident+since.Resident/4+slack,
		"goroutines": f.Goroutines > since.Goroutines+3,
		"threads":    f.Threads > since.Threads+4,
		"open files": f.Files > since.Files+3,
	} {
		if is {
			grown = append(grown, errors.New(what+" grow: "+fmt.Sprintf("first %+v, then %+v", since, f)))
		}
	}
	return errors.Join(grown...)
}

// ParseMetrics reads metrics in Prometheus' text format. It adds up the series of one metric.
func ParseMetrics(text string) map[string]float64 {
	sums := map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, _, labelled := strings.Cut(name, "{")
		if labelled { // a label's value may have blanks
			value = line[strings.LastIndex(line, "}")+1:]
		}
		if number, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
			sums[name] += number
		}
	}
	return sums
}

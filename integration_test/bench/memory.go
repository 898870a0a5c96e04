package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// memoryOf reads a line such as VmRSS or VmHWM of /proc/PID/status (proc_pid_status(5)), in bytes; known is false where
// there is no such file, as on systems other than Linux.
//
// The peak that wait4(2) tells would be no use: a process begins as a twin of the one that starts it, and its peak with
// that one's.
func memoryOf(pid int, name string) (bytes int64, known bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			kilobytes, err := strconv.ParseInt(strings.Trim(value, "\t\n kB"), 10, 64)
			return kilobytes << 10, err == nil
		}
	}
	return 0, false
}

// heapOf reads the Go heap's size from mooring's metrics, in bytes; known is false where they do not tell.
func heapOf(ctx context.Context, metricsAddress string) (bytes int64, known bool) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+metricsAddress+"/metrics", nil)
	if err != nil {
		return 0, false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, false
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if name == "go_memstats_heap_inuse_bytes" || name == "go_memstats_heap_alloc_bytes" {
			number, err := strconv.ParseFloat(value, 64)
			return int64(number), err == nil
		}
	}
	return 0, false
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// cpuTime returns how long a process has run on a CPU so far (proc(5), /proc/PID/stat: utime and stime, in the ticks of
// 10 ms that Linux tells all programs), or 0 where there is no such file.
func cpuTime(pid int) time.Duration {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The second field is the program's name in brackets, which may hold anything.
	fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
	const user, system, tick = 14 - 3, 15 - 3, 10 * time.Millisecond
	if len(fields) <= system {
		return 0
	}
	var ticks int
	for _, field := range [][]byte{fields[user], fields[system]} {
		n, err := strconv.Atoi(string(field))
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

package main

import (
	"fmt"

	"mooring/integration_test/lab"
)

// kind is a kind of event that a soak counts.
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

// counts has the number of events of each kind.
type counts [kinds]int

// String writes the counts as a sentence.
func (n counts) String() string {
	return fmt.Sprintf("%d pushes, %d faults, %d webhooks, %d refusals, %d refreshes waited for (%d failed), %d rounds of "+
		"reading, %d of following, %d reports", n[pushed], n[faulted], n[webhooks], n[refused], n[refreshed], n[failed], n[read],
		n[followed], n[reported])
}

// count adds n events of a kind.
func (s soak) count(k kind, n int) { s.counts.Change(func(c *counts) { c[k] += n }) }

// printed writes the figures of two moments side by side.
func printed(first, last lab.Figures, refreshes [2]int) string {
	text := "| | after a fifth | at the end |\n| --- | --- | --- |\n"
	for _, row := range []struct {
		name        string
		first, last any
	}{
		{"refreshes", refreshes[0], refreshes[1]}, {"resident", inMiB(first.Resident), inMiB(last.Resident)},
		{"most resident", inMiB(first.Peak), inMiB(last.Peak)}, {"goroutines", first.Goroutines, last.Goroutines},
		{"threads", first.Threads, last.Threads}, {"open files", first.Files, last.Files},
	} {
		text += fmt.Sprintf("| %s | %v | %v |\n", row.name, row.first, row.last)
	}
	return text
}

// small returns an error if a figure has grown, or if the process has had more memory than it may.
func small(first, last lab.Figures) error {
	const most = 128 * mebibyte
	if last.Peak >= most {
		return fmt.Errorf("the process had %s of memory, %s at most", inMiB(last.Peak), inMiB(most))
	}
	return last.Grown(first)
}

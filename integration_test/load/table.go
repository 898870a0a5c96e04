package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// table prints the figures in columns.
type table struct{ *tabwriter.Writer }

func newTable(out io.Writer) table {
	t := table{tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)}
	fmt.Fprintln(t, "route\tbytes\tmooring/s\tbare/s\tratio\tmooring p50\tp99\tCPU\tbare p50\tp99\tCPU\t")
	return t
}

func (t table) row(path string, ours, theirs tally, ratio float64) {
	fmt.Fprintf(t, "%s\t%d\t%.0f\t%.0f\t%.2f\t%s\t%s\t%s\t%s\t%s\t%s\t\n",
		path, ours.longest, ours.rate(), theirs.rate(), ratio,
		percentile(ours.took, 50), percentile(ours.took, 99), ours.each(),
		percentile(theirs.took, 50), percentile(theirs.took, 99), theirs.each())
}

func (t table) end() { t.Flush() }

// percentile returns the time that so many of a hundred requests do not exceed (nearest rank).
func percentile(took []time.Duration, percent int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1].Round(10 * time.Microsecond)
}

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// sizes measures a repository of each size by itself and prints the table.
func (b *bench) sizes(ctx context.Context, o options, out io.Writer) (missed bool, err error) {
	var subjects []*subject
	for _, stacks := range o.stacks {
		s, err := b.newSubject(ctx, shape{stacks, o.history, o.refs, o.blobs}, changes(o))
		if err != nil {
			return false, err
		}
		if err := b.measure(ctx, o, s); err != nil {
			return false, err
		}
		subjects = append(subjects, s)
	}
	writeTable(out, o, subjects)
	return writeMissed(out, o, subjects), nil
}

// writeTable prints the ratios with the medians of mooring and of git's best way, the traffic, and the host's own time
// for mooring's requests.
func writeTable(out io.Writer, o options, subjects []*subject) {
	row := func(name string, cell func(*subject) string) {
		fmt.Fprintf(out, "| %s |", name)
		for _, s := range subjects {
			fmt.Fprintf(out, " %s |", cell(s))
		}
		fmt.Fprintln(out)
	}
	row("mooring / git", func(s *subject) string { return s.repo.shape.String() })
	fmt.Fprintf(out, "| --- |%s\n", strings.Repeat(" --- |", len(subjects)))
	for _, d := range disciplines(o) {
		row(d.name, func(s *subject) string { return compared(d.of(s)) })
		if o.against != "" {
			row("– mooring / older", func(s *subject) string { return older(d.of(s)) })
		}
		row("– on the wire", func(s *subject) string { return wired(d.of(s)) })
		row("– the host alone, for mooring's", func(s *subject) string {
			return inMS(d.of(s).host.median().Duration) + " ms"
		})
	}
	row("peak memory", func(s *subject) string { return inMiB(s.peaks[0]) })
	if o.against != "" {
		row("– older", func(s *subject) string { return inMiB(s.peaks[1]) })
	}
}

// compared writes a ratio and the times: "**0.38** (832 / 2,197 ms, blob:none)".
func compared(c contest) string {
	best := c.best()
	return fmt.Sprintf("**%.2f** (%s, %s)", c.ratio(), times(c.took(), best.series.median().Duration), best.name)
}

// older writes the ratio to the older side and the times: "**0.98** (128 / 131 ms)".
func older(c contest) string {
	return fmt.Sprintf("**%.2f** (%s)", c.versus(), times(c.took(), c.mooring[1].series.median().Duration))
}

func times(ours, theirs time.Duration) string { return inMS(ours) + " / " + inMS(theirs) + " ms" }

// wired writes bytes and requests: "36 kB in 3 / 55 kB in 4 requests".
func wired(c contest) string {
	mooring, git := c.mooring[0].series.median().traffic, c.best().series.median().traffic
	return fmt.Sprintf("%s in %d / %s in %d requests",
		inKB(mooring.bytes), mooring.requests, inKB(git.bytes), git.requests)
}

// writeMissed prints the missed bars, with the measured values.
func writeMissed(out io.Writer, o options, subjects []*subject) (missed bool) {
	miss := func(s *subject, what string, over float64, format string, values ...any) {
		fmt.Fprintf(out, "\nMissed by %.0f %%: %s, %s: ", over*100, s.repo.shape, what)
		fmt.Fprintf(out, format, values...)
		missed = true
	}
	for _, s := range subjects {
		limits := barsOf(s.repo.shape)
		for _, d := range disciplines(o) {
			c := d.of(s)
			if ratio, bar := c.ratio(), d.bar(limits); ratio > bar {
				miss(s, d.name, ratio/bar-1, "%.3f; at most %.2f is allowed.", ratio, bar)
			}
			if o.against != "" && c.versus() > slower {
				miss(s, d.name, c.versus()/slower-1, "%.3f of the older one; at most %.2f is allowed.", c.versus(), slower)
			}
		}
		if s.peaks[0] > limits.memory {
			miss(s, "peak memory", float64(s.peaks[0])/float64(limits.memory)-1, "%s; at most %s is allowed.",
				inMiB(s.peaks[0]), inMiB(limits.memory))
		}
	}
	if missed {
		fmt.Fprintln(out)
	}
	return missed
}

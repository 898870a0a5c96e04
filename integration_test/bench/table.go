package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// sizes measures a repository of each size by itself and prints the table.
func (b *bench) sizes(ctx context.Context, o options, out io.Writer) (missed bool, err error) {
	var subjects []*subject
	for _, stacks := range o.stacks {
		s, err := b.newSubject(ctx, shape{stacks, o.history, o.refs, o.blobs}, o.runs)
		if err != nil {
			return false, err
		}
		if err := b.measure(ctx, o.runs, s); err != nil {
			return false, err
		}
		subjects = append(subjects, s)
	}
	writeTable(out, subjects)
	return writeMissed(out, subjects), nil
}

// writeTable prints the ratios, and what they are made of: the medians of mooring and of git's best way, the traffic,
// and what the host takes by itself for what mooring asks.
func writeTable(out io.Writer, subjects []*subject) {
	row := func(name string, cell func(*subject) string) {
		fmt.Fprintf(out, "| %s |", name)
		for _, s := range subjects {
			fmt.Fprintf(out, " %s |", cell(s))
		}
		fmt.Fprintln(out)
	}
	row("mooring / git", func(s *subject) string { return s.repo.shape.String() })
	fmt.Fprintf(out, "| --- |%s\n", strings.Repeat(" --- |", len(subjects)))
	for _, d := range disciplines() {
		row(d.name, func(s *subject) string { return compared(d.of(s)) })
		row("– on the wire", func(s *subject) string { return wired(d.of(s)) })
		row("– the host alone, for mooring's", func(s *subject) string {
			return inMS(d.of(s).host.median().Duration) + " ms"
		})
	}
	row("peak memory", func(s *subject) string { return inMiB(s.peak) })
	row("– until it was ready", func(s *subject) string { return inMiB(s.peakCold) })
}

// discipline is a row of the table.
type discipline struct {
	name string
	of   func(*subject) contest
	bar  func(bars) float64
}

func disciplines() []discipline {
	return []discipline{
		{
			"cold start", func(s *subject) contest { return s.cold },
			func(b bars) float64 { return b.cold },
		},
		{
			"nothing changed", func(s *subject) contest { return s.unchanged },
			func(b bars) float64 { return b.unchanged },
		},
		{
			"one stack changed", func(s *subject) contest { return s.changed },
			func(b bars) float64 { return b.changed },
		},
	}
}

// compared writes a ratio and the times: "**0.38** (832 / 2,197 ms, blob:none)".
func compared(c contest) string {
	best := c.best()
	return fmt.Sprintf("**%.2f** (%s / %s ms, %s)",
		c.ratio(), inMS(c.mooring.median().Duration), inMS(best.series.median().Duration), best.name)
}

// wired writes bytes and requests: "36 kB in 3 / 55 kB in 4 requests".
func wired(c contest) string {
	mooring, git := c.mooring.median().traffic, c.best().series.median().traffic
	return fmt.Sprintf("%s in %d / %s in %d requests",
		inKB(mooring.bytes), mooring.requests, inKB(git.bytes), git.requests)
}

// inMS writes a duration in milliseconds, with as many digits as mean something.
func inMS(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return fmt.Sprintf("%.1f", ms)
	}
	return thousands(int(math.Round(ms)))
}

// inKB writes bytes in kB of 1,000.
func inKB(bytes int64) string {
	kb := float64(bytes) / 1000
	if kb < 10 {
		return fmt.Sprintf("%.1f kB", kb)
	}
	return thousands(int(math.Round(kb))) + " kB"
}

// inMiB writes an amount of memory; 0 is one that is not known.
func inMiB(bytes int64) string {
	if bytes == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/mebibyte)
}

// writeMissed prints the bars that are missed, and by how much.
func writeMissed(out io.Writer, subjects []*subject) (missed bool) {
	miss := func(s *subject, what string, over float64, format string, values ...any) {
		fmt.Fprintf(out, "\nMissed by %.0f %%: %s, %s: ", over*100, s.repo.shape, what)
		fmt.Fprintf(out, format, values...)
		missed = true
	}
	for _, s := range subjects {
		limits := barsOf(s.repo.shape)
		for _, d := range disciplines() {
			if ratio, bar := d.of(s).ratio(), d.bar(limits); ratio > bar {
				miss(s, d.name, ratio/bar-1, "%.3f where at most %.2f is asked.", ratio, bar)
			}
		}
		if s.peak > limits.memory {
			miss(s, "peak memory", float64(s.peak)/float64(limits.memory)-1, "%s where at most %s is asked.",
				inMiB(s.peak), inMiB(limits.memory))
		}
	}
	if missed {
		fmt.Fprintln(out)
	}
	return missed
}

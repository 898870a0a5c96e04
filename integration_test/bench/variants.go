package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"
)

// tolerance is how much slower or larger mooring may become by history, refs or big files beside the stacks.
const tolerance = 0.1

// variants measures one size without additions, with history, with refs, and with big files, in turn. It prints the
// table, and compares each with the first.
func (b *bench) variants(ctx context.Context, o options, out io.Writer) (missed bool, err error) {
	stacks := o.stacks[0]
	var subjects []*subject
	for _, s := range []shape{
		{stacks: stacks},
		{stacks: stacks, history: cmp.Or(o.history, 5000)},
		{stacks: stacks, refs: cmp.Or(o.refs, 10_000)},
		{stacks: stacks, blobs: cmp.Or(o.blobs, 500)},
	} {
		one, err := b.newSubject(ctx, s, changes(o))
		if err != nil {
			return false, err
		}
		subjects = append(subjects, one)
	}
	if err := b.measure(ctx, o, subjects...); err != nil {
		return false, err
	}
	writeTable(out, o, subjects)
	worse := writeComparison(out, o, subjects)
	if worse {
		fmt.Fprintf(out, "\nMissed: what is beside the stacks makes mooring more than %.0f %% slower or larger.\n", tolerance*100)
	}
	return writeMissed(out, o, subjects) || worse, nil
}

// writeComparison continues the table. For each discipline and column it writes how three figures differ from those of
// the first column: the ratio to git, mooring's time, and mooring's time less the host's own time. The last one is
// there because the host's time depends on its packs: if the bases of the deltas are old versions, the host must find
// other bases. mooring counts as slower only if all three figures are larger.
func writeComparison(out io.Writer, o options, subjects []*subject) (worse bool) {
	first := subjects[0]
	for _, d := range disciplines(o) {
		base := d.of(first)
		fmt.Fprintf(out, "| %s, against the first |", d.name)
		for _, s := range subjects {
			c := d.of(s)
			ratio := c.ratio()/base.ratio() - 1
			time := relative(c.took()-base.took(), base)
			own := relative(c.own()-base.own(), base)
			fmt.Fprintf(out, " ratio %+.0f %%, time %+.0f %%, less the host's %+.0f %% |", ratio*100, time*100, own*100)
			worse = worse || min(ratio, time, own) > tolerance
		}
		fmt.Fprintln(out)
	}
	return writeMemoryComparison(out, subjects) || worse
}

// relative is a difference divided by mooring's time.
func relative(difference time.Duration, base contest) float64 {
	return float64(difference) / float64(base.took())
}

func writeMemoryComparison(out io.Writer, subjects []*subject) (more bool) {
	first := subjects[0].peaks[0]
	if first == 0 {
		return false // the system has no figures
	}
	fmt.Fprint(out, "| peak memory, against the first |")
	for _, s := range subjects {
		difference := float64(s.peaks[0])/float64(first) - 1
		fmt.Fprintf(out, " %+.0f %% |", difference*100)
		more = more || difference > tolerance
	}
	fmt.Fprintln(out)
	return more
}

package main

import (
	"cmp"
	"slices"
	"time"

	"mooring/integration_test/lab"
)

// contest is one discipline: mooring against the ways to do the same with git.
type contest struct {
	// mooring has an entrant for each side, git one for each way.
	mooring, git []entrant
	// host is what the host takes for mooring's requests when nobody looks at the answers.
	host series
	// warm tells that there was a first round, which does not count: by then files are in memory and connections open.
	// Requests are those of the first side in that round.
	warm     bool
	requests []lab.Taped
}

// entrant is one that takes turns in a contest.
type entrant struct {
	name   string
	series series
}

func (b *bench) newContest(ways ...string) contest {
	var c contest
	for _, s := range b.sides {
		c.mooring = append(c.mooring, entrant{name: s.name})
	}
	for _, way := range ways {
		c.git = append(c.git, entrant{name: way})
	}
	return c
}

// took is what mooring takes: the median of the side that is measured.
func (c contest) took() time.Duration { return c.mooring[0].series.median().Duration }

// best returns the fastest way with git.
func (c contest) best() entrant {
	return slices.MinFunc(c.git, func(a, b entrant) int {
		return cmp.Compare(a.series.median().Duration, b.series.median().Duration)
	})
}

// ratio is mooring's time in terms of git's.
func (c contest) ratio() float64 {
	return float64(c.took()) / float64(c.best().series.median().Duration)
}

// versus is mooring's time in terms of the older side's, which there must be.
func (c contest) versus() float64 {
	return float64(c.took()) / float64(c.mooring[1].series.median().Duration)
}

// own is mooring's time beyond what the host takes by itself.
func (c contest) own() time.Duration { return c.took() - c.host.median().Duration }

// measureMooring measures a side's turn. In the first round it records what the first side asks of the host.
func (b *bench) measureMooring(c *contest, side int, do func() error) error {
	if c.warm {
		return b.timed(&c.mooring[side].series, do)
	}
	if side == 0 {
		b.host.Record()
		defer func() { c.requests = b.host.Recorded() }()
	}
	return do()
}

// measureGit measures git's turn in one of the ways.
func (b *bench) measureGit(c *contest, way int, do func() error) error {
	if c.warm {
		return b.timed(&c.git[way].series, do)
	}
	return do()
}

// timed does something and appends what it took.
func (b *bench) timed(to *series, do func() error) error {
	before, begin := b.host.Counts(), time.Now()
	if err := do(); err != nil {
		return err
	}
	took, after := time.Since(begin), b.host.Counts()
	*to = append(*to, sample{took, traffic{after.Requests - before.Requests, after.Bytes - before.Bytes}})
	return nil
}
